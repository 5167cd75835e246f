/** Jobs for the scoring threads, as promises. */
import type { Worker } from 'node:worker_threads';
import type { FingerprintTables } from '../../core/fingerprints/fingerprint.ts';
import type { Log } from '../../log/log.ts';
import { endStuckProcess } from '../hungProcess.ts';
import { makePool } from '../pool.ts';
import type { Job, JobResult, ReplayAnswer, ReplayTask } from './replayMessages.ts';

export interface Scorer {
  /** Jobs wait their turn. What kills a thread, or takes too long, is `failed`. Never rejects. */
  run(job: Job): Promise<JobResult>;
  /** Ends the threads; jobs that are not done are never answered. */
  close(): Promise<void>;
}

/** A job holds its bytes, and a thread a copy: one runs, and one waits so that no thread idles on us. */
const TASKS_PER_THREAD = 2;

export function makeScorer(options: {
  readonly threads: number;
  readonly startThread: (resourceLimits: { maxOldGenerationSizeMb: number }) => Worker;
  readonly measurementTimeoutMs: number;
  readonly fingerprints: FingerprintTables;
  readonly log: Log;
}): Scorer {
  const waiting: ReplayTask[] = [];
  const answers = new Map<string, (result: JobResult) => void>();
  let tickets = 0;

  const feed = () => {
    while (waiting.length > 0 && pool.room() > 0) pool.score([waiting.shift()!]);
  };
  const finish = (ticket: string, result: JobResult) => {
    const answer = answers.get(ticket);
    answers.delete(ticket);
    feed();
    answer?.(result);
  };
  const pool = makePool<ReplayTask, ReplayAnswer>({
    threads: options.threads,
    startThread: options.startThread,
    measurementTimeoutMs: options.measurementTimeoutMs,
    tasksPerThread: TASKS_PER_THREAD,
    onScored: ({ uid, result }) => finish(uid, result),
    onFatal: (uid, reason) => finish(uid, { kind: 'failed', reason }),
    onStartFailed: (reason) =>
      options.log.err(
        'a scoring thread does not start: trying again; check memory and the installation',
        { reason },
      ),
    onStuck: () => endStuckProcess(options.log),
    onRoom: feed,
  });
  pool.setFingerprints(options.fingerprints);

  return {
    run: (job) =>
      new Promise((answer) => {
        const uid = String(tickets++);
        answers.set(uid, answer);
        waiting.push({ uid, job });
        feed();
      }),
    close: () => pool.close(),
  };
}
