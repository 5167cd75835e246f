/**
 * A pool of scoring threads. One measurement that crashes a thread, exhausts its memory or never
 * ends costs that measurement alone: the thread is replaced, what was queued behind it runs again.
 */
import type { Worker } from 'node:worker_threads';
import type { Fingerprint } from '../core/fingerprints/parse.ts';
import { errorText } from '../log/log.ts';
import type { FromWorker, Scored, ToWorker } from './messages.ts';

export interface Task {
  readonly uid: string;
  readonly file: string;
}

export interface PoolOptions<Answer extends { readonly uid: string } = Scored> {
  readonly threads: number;
  /** Makes a thread that runs runScoringThread(). */
  readonly startThread: (resourceLimits: { maxOldGenerationSizeMb: number }) => Worker;
  readonly measurementTimeoutMs: number;
  readonly onScored: (answer: Answer) => void;
  /** The measurement that a thread died of, or was stopped for. */
  readonly onFatal: (uid: string, reason: string) => void;
  /** A thread died before it was ready: no measurement's fault. It is tried again after a pause. */
  readonly onStartFailed: (reason: string) => void;
  /** Called when there is more room than before. */
  readonly onRoom: () => void;
}

export interface Pool<Work extends { readonly uid: string } = Task> {
  /** How many more tasks the pool takes now. */
  room(): number;
  /** Call only when there is room. */
  score(task: Work): void;
  /** Hands all threads a new set; measurements queued after this are scored with it. */
  setFingerprints(dns: readonly Fingerprint[], http: readonly Fingerprint[]): void;
  close(): Promise<void>;
}

// One measurement runs while the next one waits in the thread, so that no thread idles on us.
const TASKS_PER_THREAD = 2;
const THREAD_MEMORY_MB = 2048;
const START_AGAIN_AFTER_MS = 1_000;
const READY_WITHIN_MS = 60_000;

interface Slot<Work> {
  worker: Worker | undefined;
  ready: boolean;
  /** In the order the thread works on them: the first one is running. */
  tasks: Work[];
  timer: NodeJS.Timeout | undefined;
}

/** `Work` and `Answer`: what threads that do more than score files are sent, and send back. */
export function makePool<
  Work extends { readonly uid: string } = Task,
  Answer extends { readonly uid: string } = Scored,
>(options: PoolOptions<Answer>): Pool<Work> {
  let fingerprints: ToWorker<Work> | undefined;
  let closing = false;
  const slots: Slot<Work>[] = [];

  const send = (slot: Slot<Work>, message: ToWorker<Work>) => slot.worker?.postMessage(message);

  const watch = (slot: Slot<Work>) => {
    clearTimeout(slot.timer);
    slot.timer = undefined;
    if (slot.tasks.length === 0) return;
    slot.timer = setTimeout(() => {
      replace(slot, `scoring took longer than ${options.measurementTimeoutMs} ms`);
    }, options.measurementTimeoutMs);
  };

  const start = (slot: Slot<Work>) => {
    if (closing) return;
    const worker = options.startThread({ maxOldGenerationSizeMb: THREAD_MEMORY_MB });
    slot.worker = worker;
    slot.ready = false;
    slot.timer = setTimeout(
      () => replace(slot, `the scoring thread was not ready within ${READY_WITHIN_MS} ms`),
      READY_WITHIN_MS,
    );
    worker.on('message', (message: FromWorker<Answer>) => {
      if (slot.worker !== worker) return; // An answer that crossed with the order to stop.
      if (message.kind === 'ready') {
        slot.ready = true;
        if (fingerprints !== undefined) send(slot, fingerprints);
        for (const task of slot.tasks) send(slot, { kind: 'score', ...task });
        watch(slot);
        options.onRoom();
        return;
      }
      slot.tasks.shift();
      watch(slot);
      options.onScored(message);
    });
    worker.on('error', (error) => {
      if (slot.worker === worker) replace(slot, `the scoring thread died: ${errorText(error)}`);
    });
    worker.on('exit', (code) => {
      if (slot.worker === worker) replace(slot, `the scoring thread ended with code ${code}`);
    });
  };

  const replace = (slot: Slot<Work>, reason: string) => {
    if (closing) return;
    clearTimeout(slot.timer);
    void slot.worker?.terminate();
    slot.worker = undefined;
    if (!slot.ready) {
      options.onStartFailed(reason);
      slot.timer = setTimeout(() => start(slot), START_AGAIN_AFTER_MS);
      return;
    }
    slot.ready = false;
    const culprit = slot.tasks.shift();
    start(slot);
    if (culprit !== undefined) options.onFatal(culprit.uid, reason);
  };

  for (let index = 0; index < options.threads; index++) {
    const slot: Slot<Work> = { worker: undefined, ready: false, tasks: [], timer: undefined };
    slots.push(slot);
    start(slot);
  }

  return {
    room: () =>
      slots.reduce((sum, slot) => sum + (slot.ready ? TASKS_PER_THREAD - slot.tasks.length : 0), 0),
    score(task) {
      const slot = slots
        .filter(({ ready }) => ready)
        .reduce((best, other) => (other.tasks.length < best.tasks.length ? other : best));
      slot.tasks.push(task);
      send(slot, { kind: 'score', ...task });
      if (slot.tasks.length === 1) watch(slot);
    },
    setFingerprints(dns, http) {
      fingerprints = { kind: 'fingerprints', dns, http };
      for (const slot of slots) if (slot.ready) send(slot, fingerprints);
    },
    async close() {
      closing = true;
      for (const slot of slots) clearTimeout(slot.timer);
      await Promise.all(slots.map((slot) => slot.worker?.terminate()));
    },
  };
}
