/** A scoring thread: reads a pending measurement, scores it, answers with the row. */
import { closeSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { compileFingerprints, type FingerprintSet } from '../core/fingerprints/match.ts';
import { MAX_POST_BYTES } from '../core/measurement/sizes.ts';
import { scoreStored } from '../core/scoring/archived.ts';
import { isMissing } from '../disk/missing.ts';
import { attemptsBefore, beginAttempt, forgetAttempts } from '../edge/spool/attempts.ts';
import { type Folder, Foreign, openSpoolFolder } from '../edge/spool/doors.ts';
import { errorText } from '../log/log.ts';
import type { Task } from './pool.ts';
import type { FromWorker, ScoringResult, ToWorker } from './scoringMessages.ts';

/** From here on a measurement can take a noticeable part of the memory: one at a time. */
const LARGE_FILE_BYTES = 16_777_216;
const MAX_ATTEMPTS = 2;

type Read =
  | { readonly kind: 'read'; readonly post: Buffer }
  | Exclude<ScoringResult, { readonly kind: 'row' }>;

/** Serves the main thread until it ends this one. Call only inside a worker thread. */
export function runScoringThread(): void {
  const port = parentPort!;
  const answer = (message: FromWorker) => port.postMessage(message);
  let known: FingerprintSet = compileFingerprints([], []);
  port.on('message', (message: ToWorker<Task>) => {
    if (message.kind === 'fingerprints') {
      known = compileFingerprints(message.dns, message.http, message.sha256);
      return;
    }
    const { uid } = message;
    const startedAt = performance.now();
    const read = readPost(message);
    let result: ScoringResult;
    if (read.kind === 'read') {
      answer({ kind: 'began', uid });
      result = scoreBytes(read.post, uid, known);
      if (message.large) forgetAttempts(message.file);
    } else result = read;
    const sizeBytes = read.kind === 'read' ? read.post.length : 0;
    answer({
      kind: 'scored',
      uid,
      scoringMs: performance.now() - startedAt,
      sizeBytes,
      result,
    });
  });
  answer({ kind: 'ready' });
}

function readPost({ file, large }: Task): Read {
  const name = basename(file);
  try {
    const pending = openSpoolFolder(dirname(dirname(file)), 'pending');
    try {
      return readFrom(pending, name, large === true);
    } finally {
      pending.close();
    }
  } catch (error) {
    if (isMissing(error)) return { kind: 'gone' };
    if (error instanceof Foreign) return { kind: 'foreign', reason: error.message };
    return { kind: 'unreadable', reason: errorText(error) };
  }
}

function readFrom(pending: Folder, name: string, large: boolean): Read {
  const opened = pending.open(name);
  if (opened.kind === 'missing') return { kind: 'gone' };
  if (opened.kind === 'foreign') return { kind: 'foreign', reason: `it is ${opened.what}` };
  const { fd, sizeBytes } = opened;
  try {
    if (sizeBytes > MAX_POST_BYTES)
      return { kind: 'quarantine', reason: `more than ${MAX_POST_BYTES} bytes` };
    if (sizeBytes > LARGE_FILE_BYTES) {
      if (!large) return { kind: 'large' };
      if (attemptsBefore(pending, name) >= MAX_ATTEMPTS)
        return {
          kind: 'quarantine',
          reason: `the process ended ${MAX_ATTEMPTS} times while it was scored`,
        };
      beginAttempt(pending, name);
    }
    return { kind: 'read', post: readFileSync(fd) };
  } finally {
    closeSync(fd);
  }
}

function scoreBytes(post: Buffer, uid: string, known: FingerprintSet): ScoringResult {
  const scored = scoreStored(post, uid, known);
  if (scored.kind !== 'row') return scored;
  return {
    ...scored.texts,
    testName: scored.testName,
    measurementStartTime: scored.row.measurement_start_time,
  };
}
