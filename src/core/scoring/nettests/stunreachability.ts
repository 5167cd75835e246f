import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { stored, truthy } from '../values.ts';

/** protocol, scoring 3.16. */
export function scoreStunreachability(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const endpoint = stored(testKeys.endpoint, 'test_keys.endpoint');
  const { failure } = testKeys;
  if (!truthy(failure)) return { ...baseScores(), extra: { endpoint } };
  return {
    ...baseScores(),
    blocking_general: 1,
    extra: { endpoint, failure: stored(failure, 'test_keys.failure') },
  };
}
