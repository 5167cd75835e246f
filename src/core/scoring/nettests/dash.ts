import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { absent, contains, truthy } from '../values.ts';

const NETWORK_FAILURES: readonly unknown[] = [
  'connection_aborted',
  'json_parse_error',
  'eof_error',
  'json_processing_error',
  'http_request_failed',
  'connect_error',
  'generic_timeout_error',
  'broken_pipe',
  'connection_refused',
];

/** protocol, scoring 3.14. */
export function scoreDash(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  if (!truthy(testKeys)) return failedScores();

  const { failure } = testKeys;
  if (absent(failure)) return baseScores();
  if (NETWORK_FAILURES.includes(failure) || contains(failure, 'ssl_error', 'test_keys.failure')) {
    return { ...failedScores(), blocking_general: 0.1 };
  }
  return { ...failedScores(), msg: 'Probe error' };
}
