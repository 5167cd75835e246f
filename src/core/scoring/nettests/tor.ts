import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { asObject, contains, stored, truthy } from '../values.ts';

/** protocol, scoring 3.6. */
export function scoreTor(measurement: Measurement): Scores {
  const { targets } = testKeysOf(measurement);
  // Early experiments sent a list.
  if (!truthy(targets) || Array.isArray(targets)) return failedScores();

  let blocked = 0;
  let succeeded = 0;
  const values = Object.values(asObject(targets, 'test_keys.targets'));
  for (const [i, value] of values.entries()) {
    const field = `test_keys.targets[${i}]`;
    const complete = ['failure', 'network_events'].every((key) => contains(value, key, field));
    if (!complete) return failedScores();
    const target = asObject(value, field);
    // Neither a success nor a failure that has a name: the probe is broken.
    if (target.failure === '') return failedScores();
    if (target.failure === null) succeeded++;
    // False: the target was not tried.
    else if (target.failure !== false) blocked++;
  }

  const scores: Scores = baseScores();
  if (blocked + succeeded > 0) scores.blocking_general = blocked / (blocked + succeeded);
  else scores.accuracy = 0;
  scores.extra = { test_runtime: stored(measurement.test_runtime, 'test_runtime') };
  return scores;
}
