import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { absent, equal, has, stored } from '../values.ts';

/** protocol, scoring 3.9. */
export function scorePsiphon(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const bootstrapTime = has(testKeys, 'bootstrap_time') ? testKeys.bootstrap_time : 0;
  const scores: Scores = baseScores();

  if (absent(testKeys.failure)) {
    // A success that took no time did not happen.
    scores.accuracy = equal(bootstrapTime, 0) ? 0 : 1;
  } else {
    scores.accuracy = 1;
    scores.blocking_general = 1;
  }
  if (!has(measurement, 'resolver_ip')) scores.accuracy = 0;

  scores.extra = {
    test_runtime: stored(measurement.test_runtime, 'test_runtime'),
    bootstrap_time: stored(bootstrapTime, 'test_keys.bootstrap_time'),
  };
  return scores;
}
