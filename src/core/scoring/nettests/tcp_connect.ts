import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { truthy } from '../values.ts';

/** Failures that have innocent causes too. */
const COMMON_FAILURES: readonly unknown[] = [
  'generic_timeout_error',
  'connection_refused_error',
  'connect_error',
  'tcp_timed_out_error',
];

/** protocol, scoring 3.13. */
export function scoreTcpConnect(measurement: Measurement): Scores {
  const { connection } = testKeysOf(measurement);
  if (!truthy(measurement.input)) return failedScores();

  const scores = baseScores();
  if (connection === 'success') return scores;
  scores.blocking_general = COMMON_FAILURES.includes(connection) ? 0.8 : 1;
  return scores;
}
