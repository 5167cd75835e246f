import { baseScores, type Scores } from '../scores.ts';

/** A legacy test that nobody wrote a rule for (protocol, scoring 3). */
export function scoreDnsConsistency(): Scores {
  return baseScores();
}
