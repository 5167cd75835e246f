import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { absent, MalformedField, stored, truthy } from '../values.ts';

/** protocol, scoring 3.8. */
export function scoreTorsf(measurement: Measurement): Scores {
  if (isBrokenRelease(measurement)) return failedScores();

  const testKeys = testKeysOf(measurement);
  const scores = baseScores();
  if (truthy(testKeys.failure)) {
    scores.blocking_general = 1;
    return scores;
  }
  scores.extra = {
    bootstrap_time: stored(testKeys.bootstrap_time, 'test_keys.bootstrap_time'),
    test_runtime: stored(measurement.test_runtime, 'test_runtime'),
  };
  return scores;
}

/** 3.8.3 for Android shipped a Snowflake that could not connect. */
function isBrokenRelease({ software_name: name, software_version: version }: Measurement): boolean {
  if (version !== '3.8.3' || absent(name)) return false;
  if (typeof name !== 'string') throw new MalformedField('software_name', 'text', name);
  return name.startsWith('ooniprobe-android');
}
