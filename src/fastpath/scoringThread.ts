/** A scoring thread: reads pending measurements, scores them, answers with the rows. */
import { closeSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parentPort, threadId } from 'node:worker_threads';
import { compileFingerprints, type FingerprintSet } from '../core/fingerprints/match.ts';
import { MAX_POST_BYTES } from '../core/measurement/sizes.ts';
import { scoreStored } from '../core/scoring/archived.ts';
import { isMissing } from '../disk/missing.ts';
import { attemptsBefore, beginAttempt, forgetAttempts } from '../edge/spool/attempts.ts';
import { type Folder, Foreign, openSpoolFolder } from '../edge/spool/doors.ts';
import { makeWorkNote } from '../edge/spool/workNotes.ts';
import { errorText } from '../log/log.ts';
import type { Task } from './pool.ts';
import type { Scored, ScoringResult } from './scoringMessages.ts';
import { serveTasks } from './taskLoop.ts';

/**
 * From here on a measurement can take a noticeable part of the memory, forty times its bytes at the worst: one at a
 * time. Each of the other threads may have one below it.
 */
const LARGE_FILE_BYTES = 4_194_304;
const MAX_ATTEMPTS = 2;

type Read =
  | { readonly kind: 'read'; readonly post: Buffer }
  | Exclude<ScoringResult, { readonly kind: 'row' }>;

/**
 * Serves the main thread until it ends this one. Call only inside a worker thread. `notes`: the folder where it says
 * what it is at.
 */
export function runScoringThread(notes: string | undefined): void {
  let known: FingerprintSet = compileFingerprints([], []);
  const door = pendingDoor();
  const note = notes === undefined ? undefined : makeWorkNote(notes, threadId);
  serveTasks<Task, Scored>({
    port: parentPort!,
    onTasks: (tasks) => note?.say(tasks.map(({ uid }) => uid)),
    onFingerprints({ dns, http, sha256 }) {
      known = compileFingerprints(dns, http, sha256);
    },
    work(task, began) {
      const { uid } = task;
      const startedAt = performance.now();
      const read = readPost(task, door);
      let result: ScoringResult;
      if (read.kind === 'read') {
        began();
        result = scoreBytes(read.post, uid, known);
        if (task.alone) forgetAttempts(task.file);
      } else result = read;
      const sizeBytes = read.kind === 'read' ? read.post.length : 0;
      return { uid, scoringMs: performance.now() - startedAt, sizeBytes, result };
    },
    bytesOf: ({ result }) =>
      result.kind === 'row' ? result.row.length + (result.openvpnRow?.length ?? 0) : 0,
    onAnswer: door.close,
  });
}

interface PendingDoor {
  /** The folder `pending/` of a file in it, open until `close`. */
  of(file: string): Folder;
  close(): void;
}

/** Opened once for what is answered together; whoever replaces the folder meanwhile is found out after that. */
function pendingDoor(): PendingDoor {
  let opened: Folder | undefined;
  return {
    of: (file) => (opened ??= openSpoolFolder(dirname(dirname(file)), 'pending')),
    close() {
      opened?.close();
      opened = undefined;
    },
  };
}

function readPost({ file, alone }: Task, door: PendingDoor): Read {
  try {
    return readFrom(door.of(file), basename(file), alone === true);
  } catch (error) {
    if (isMissing(error)) return { kind: 'gone' };
    if (error instanceof Foreign) return { kind: 'foreign', reason: error.message };
    return { kind: 'unreadable', reason: errorText(error) };
  }
}

function readFrom(pending: Folder, name: string, alone: boolean): Read {
  const opened = pending.open(name);
  if (opened.kind === 'missing') return { kind: 'gone' };
  if (opened.kind === 'foreign') return { kind: 'foreign', reason: `it is ${opened.what}` };
  const { fd, sizeBytes } = opened;
  try {
    if (sizeBytes > MAX_POST_BYTES)
      return { kind: 'quarantine', reason: `more than ${MAX_POST_BYTES} bytes` };
    if (sizeBytes > LARGE_FILE_BYTES && !alone) return { kind: 'large' };
    if (alone) {
      if (attemptsBefore(pending, name) >= MAX_ATTEMPTS)
        return {
          kind: 'deadly',
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
