/**
 * The place of one scoring thread in the pool, which outlives the threads in it:
 *
 *     starting ─ ready ──────────> ready       ready ── time limit ────> ending
 *     starting ─ exit ───────────> pausing     ready ── exit ──────────> starting
 *     starting ─ not in time ────> ending      ending ─ exit ──────────> starting
 *     pausing ── after a pause ──> starting    ending ─ does not stop ─> stuck
 *     any ────── close ──────────> closed      stuck ── exit ──────────> starting
 *
 * A thread that dies is replaced, and whoever asked for the slot is told what it was at. A successor
 * starts when the old thread has stopped: beside it, it would double the memory.
 */
import type { Worker } from 'node:worker_threads';
import { errorText } from '../log/log.ts';
import { makeProgress, progressAt, tasksSince } from './progress.ts';
import type { FromWorker, ToWorker } from './scoringMessages.ts';

export type SlotState =
  /** Its thread loads. */
  | 'starting'
  | 'ready'
  /** Its thread was told to stop, and has not. */
  | 'ending'
  /** As `ending`, for so long that it will not: nothing interrupts some work of the engine. */
  | 'stuck'
  /** Its thread died before it was ready: another one is tried later. */
  | 'pausing'
  | 'closed';

/** What is left of a thread that is no more. */
export interface LostThread<Work> {
  /** False when it never came to listen: no measurement's fault. */
  readonly wasReady: boolean;
  readonly reason: string;
  /** What it was at; undefined when that is not one task alone. */
  readonly culprit: Work | undefined;
  /** What it had not answered for: done again by another one. */
  readonly others: readonly Work[];
}

export interface SlotOptions<Work, Answer> {
  readonly startThread: (resourceLimits: { maxOldGenerationSizeMb: number }) => Worker;
  readonly measurementTimeoutMs: number;
  readonly tasksPerThread: number;
  /** Time that a thread has to stop. */
  readonly stuckAfterMs: number;
  readonly onReady: () => void;
  readonly onScored: (answers: readonly Answer[]) => void;
  readonly onLost: (lost: LostThread<Work>) => void;
  readonly onStuck: () => void;
}

export interface ThreadSlot<Work> {
  readonly state: SlotState;
  /** How many tasks its thread has. */
  readonly taskCount: number;
  /** How many more it takes now: none behind one that is alone, which may take long. */
  readonly room: number;
  /** Call only when it is ready, like `send`. */
  assign(tasks: readonly Work[]): void;
  send(message: ToWorker<Work>): void;
  /** Tells nobody of anything any more. Resolves when the thread has ended; one that hangs is left. */
  close(): Promise<void>;
}

/**
 * The worst that the bounds on bytes and values allow takes 1.4 GB of it. Above this a thread dies,
 * and within JSON.parse the whole process with it, which is what `pending/<uid>.try` is for.
 */
const THREAD_MEMORY_MB = 2048;
const START_AGAIN_AFTER_MS = 1_000;
const READY_WITHIN_MS = 60_000;
/**
 * The time limit is counted in parts. When the process stood still (SIGSTOP, a suspended host), the
 * timer is late, the thread did nothing, and only one part is lost.
 */
const LIMIT_PARTS = 5;

/** Starts its first thread at once. */
export function makeThreadSlot<
  Work extends { readonly uid: string; readonly alone?: boolean },
  Answer extends { readonly uid: string },
>(options: SlotOptions<Work, Answer>): ThreadSlot<Work> {
  let state: SlotState = 'starting';
  let worker: Worker;
  /** What its thread has not answered for, in order. */
  let tasks: Work[] = [];
  /** How many tasks it has answered for. */
  let answered = 0;
  let progress = makeProgress();
  /** Of the state: each has one limit at most. */
  let timer: NodeJS.Timeout | undefined;

  const enter = (next: SlotState, limitMs?: number, onLimit?: () => void) => {
    clearTimeout(timer);
    state = next;
    timer = onLimit === undefined ? undefined : setTimeout(onLimit, limitMs);
  };

  /** The task that is being scored, counted over the thread's life; undefined when none is. */
  const scoringNow = () => {
    const at = progressAt(progress);
    return at.phase === 'scoring' ? at.task : undefined;
  };

  /** Looks now and then whether it is still at the same one. */
  const limitTime = (seen?: number, partsLeft = LIMIT_PARTS) => {
    const limited = worker;
    const isAt = (task: number | undefined) =>
      state === 'ready' && worker === limited && task !== undefined && scoringNow() === task;
    timer = setTimeout(() => {
      if (!isAt(seen)) return limitTime(scoringNow());
      if (partsLeft > 1) return limitTime(seen, partsLeft - 1);
      end(`scoring took longer than ${options.measurementTimeoutMs} ms`);
    }, options.measurementTimeoutMs / LIMIT_PARTS);
  };

  const start = () => {
    worker = options.startThread({ maxOldGenerationSizeMb: THREAD_MEMORY_MB });
    enter('starting', READY_WITHIN_MS, () =>
      end(`the scoring thread was not ready within ${READY_WITHIN_MS} ms`),
    );
    let failure: string | undefined;
    worker.on('message', receive);
    worker.on('error', (error) => {
      failure = `the scoring thread died: ${errorText(error)}`;
    });
    worker.on('exit', (code) => exited(failure ?? `the scoring thread ended with code ${code}`));
  };

  const receive = (message: FromWorker<Answer>) => {
    // Otherwise it is an answer that crossed with the order to stop.
    if (state !== 'starting' && state !== 'ready') return;
    switch (message.kind) {
      case 'ready':
        ({ progress } = message);
        answered = 0;
        enter('ready');
        return options.onReady();
      case 'scored':
        tasks.splice(0, message.answers.length);
        answered += message.answers.length;
        if (tasks.length === 0) clearTimeout(timer);
        return options.onScored(message.answers);
    }
  };

  const exited = (reason: string) => {
    switch (state) {
      case 'closed':
        return;
      case 'starting':
        enter('pausing', START_AGAIN_AFTER_MS, start);
        return lose(false, reason);
      case 'ready':
        // Not ready for what waits elsewhere, which `lose` may hand out.
        enter('ending');
        lose(true, reason);
        return start();
      default:
        return start();
    }
  };

  /** Orders the thread to stop; its successor starts when it has. */
  const end = (reason: string) => {
    const wasReady = state === 'ready';
    void worker.terminate();
    enter('ending', options.stuckAfterMs, () => {
      enter('stuck');
      options.onStuck();
    });
    lose(wasReady, reason);
  };

  const lose = (wasReady: boolean, reason: string) => {
    const { task, phase } = progressAt(progress);
    const index = tasksSince(answered, task);
    // An answer for several may have been too much: one at a time tells for which.
    const culprit = phase === 'answering' && index > 0 ? undefined : tasks[index];
    const others = tasks.filter((other) => other !== culprit);
    tasks = [];
    options.onLost({ wasReady, reason, culprit, others });
  };

  start();
  return {
    get state() {
      return state;
    },
    get taskCount() {
      return tasks.length;
    },
    get room() {
      const takesMore = state === 'ready' && !tasks.some(({ alone }) => alone);
      return takesMore ? options.tasksPerThread - tasks.length : 0;
    },
    assign(added) {
      if (tasks.length === 0) limitTime();
      tasks.push(...added);
      this.send({ kind: 'score', tasks: added });
    },
    send: (message) => worker.postMessage(message),
    async close() {
      const isHanging = state === 'ending' || state === 'stuck';
      enter('closed');
      const ended = worker.terminate();
      if (!isHanging) await ended;
    },
  };
}
