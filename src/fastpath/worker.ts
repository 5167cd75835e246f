/** A scoring thread: reads a pending measurement, scores it, answers with the row. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { compileFingerprints, type FingerprintSet } from '../core/fingerprints/match.ts';
import { scorePost } from '../core/scoring/index.ts';
import { toClickHouseRow } from '../core/scoring/row.ts';
import { isMissing } from '../edge/spool/files.ts';
import { errorText } from '../log/log.ts';
import type { FromWorker, ScoringResult, ToWorker } from './messages.ts';

/** Serves the main thread until it ends this one. Call only inside a worker thread. */
export function runScoringThread(): void {
  const port = parentPort!;
  const answer = (message: FromWorker) => port.postMessage(message);
  let known: FingerprintSet = compileFingerprints([], []);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'fingerprints') {
      known = compileFingerprints(message.dns, message.http);
      return;
    }
    const startedAt = performance.now();
    const { result, sizeBytes } = scoreFile(message.file, message.uid, known);
    const scoringMs = performance.now() - startedAt;
    answer({ kind: 'scored', uid: message.uid, scoringMs, sizeBytes, result });
  });
  answer({ kind: 'ready' });
}

function scoreFile(
  file: string,
  uid: string,
  known: FingerprintSet,
): { result: ScoringResult; sizeBytes: number } {
  let post: Buffer;
  try {
    post = readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return { result: { kind: 'gone' }, sizeBytes: 0 };
    return { result: { kind: 'unreadable', reason: errorText(error) }, sizeBytes: 0 };
  }
  const outcome = scorePost(post.toString('utf8'), uid, known);
  if (outcome.kind !== 'row') return { result: outcome, sizeBytes: post.length };
  return {
    result: {
      kind: 'row',
      testName: outcome.testName,
      measurementStartTime: outcome.row.measurement_start_time,
      row: JSON.stringify(toClickHouseRow(outcome.row)),
      openvpnRow: outcome.openvpn && JSON.stringify(outcome.openvpn),
    },
    sizeBytes: post.length,
  };
}
