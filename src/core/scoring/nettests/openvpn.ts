import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { absent, stored } from '../values.ts';

/** protocol, scoring 3.17. The details go to a table of their own (openvpn_row.ts). */
export function scoreOpenvpn(measurement: Measurement): Scores {
  const { success } = testKeysOf(measurement);
  const scores: Scores = baseScores();
  if (success === false) scores.blocking_general = 1;
  else if (absent(success)) scores.accuracy = 0;
  scores.extra = { test_runtime: stored(measurement.test_runtime, 'test_runtime') };
  return scores;
}
