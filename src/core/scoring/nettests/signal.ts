import { parseDateTime } from '../../time/measurementTime.ts';
import { type Measurement, testKeysOf } from '../measurement.ts';
import { compareVersions, parseVersion } from '../pep440.ts';
import { baseScores, type Scores } from '../scores.ts';
import { has, isObject, type JsonObject, stored, truthy } from '../values.ts';

/** protocol, scoring 3.5. */
export function scoreSignal(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const scores = baseScores();
  if (failed(testKeys, 'failed_operation') || failed(testKeys, 'failure')) scores.accuracy = 0;

  if (!ranWorkingSoftware(measurement)) {
    scores.accuracy = 0;
    return scores;
  }

  const { signal_backend_status: status, signal_backend_failure: failure } = testKeys;
  if (status === 'blocked') {
    scores.blocking_general = 1;
    scores.analysis = {
      signal_backend_failure: stored(failure, 'test_keys.signal_backend_failure'),
    };
  } else if (status !== 'ok') {
    scores.accuracy = 0;
  }
  return scores;
}

/** An explicit null is the good case; a missing member is not. */
function failed(testKeys: JsonObject, name: string): boolean {
  return !has(testKeys, name) || truthy(testKeys[name]);
}

/** Broken from its first day. */
const BROKEN_TEST_VERSION = '0.2.4';

/** Dates on which changes at Signal broke what had been released until then. */
const TEST_0_2_3_BROKEN_AT = parseDateTime('2023-11-07 00:00:00')!;
const TEST_BEFORE_0_2_2_BROKEN_AT = parseDateTime('2022-10-19 00:00:00')!;
const ENGINE_BEFORE_3_17_2_BROKEN_AT = parseDateTime('2023-05-02 00:00:00')!;

const V0_2_2 = parseVersion('0.2.2')!;
const V0_2_3 = parseVersion('0.2.3')!;
const V3_17_2 = parseVersion('3.17.2')!;

/** False also when a version or the time cannot be read: then nobody can tell. */
function ranWorkingSoftware(measurement: Measurement): boolean {
  const started = parseDateTime(measurement.measurement_start_time);
  if (started === undefined || measurement.test_version === BROKEN_TEST_VERSION) return false;

  const test = parseVersion(measurement.test_version ?? '0.0.0');
  if (!test) return false;
  if (started >= TEST_0_2_3_BROKEN_AT && compareVersions(test, V0_2_3) <= 0) return false;
  if (started >= TEST_BEFORE_0_2_2_BROKEN_AT && compareVersions(test, V0_2_2) < 0) return false;

  const annotations = measurement.annotations ?? {};
  if (!isObject(annotations)) return false;
  const engine = parseVersion(annotations.engine_version ?? '0.0.0');
  if (!engine) return false;
  return started < ENGINE_BEFORE_3_17_2_BROKEN_AT || compareVersions(engine, V3_17_2) >= 0;
}
