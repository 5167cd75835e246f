import type { Scores } from '../scores.ts';

/** Scored once, and no longer: its results turned out not to mean blocking (section 3). */
export function scoreRiseupvpn(): Scores {
  return {};
}
