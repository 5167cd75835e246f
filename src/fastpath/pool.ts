/**
 * A pool of scoring threads. One measurement that crashes a thread, exhausts its memory or never
 * ends costs that measurement alone: the thread is replaced, what was queued behind it runs again.
 *
 * A replacement starts when the old thread has stopped, so there are never more than `threads`.
 */
import type { Worker } from 'node:worker_threads';
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';
import { errorText } from '../log/log.ts';
import type { FromWorker, Scored, ToWorker } from './scoringMessages.ts';

export interface Task {
  readonly uid: string;
  readonly file: string;
  /** No other large measurement is being scored: this one may be. */
  readonly large?: boolean;
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
  /** All threads were told to stop and do not: only a new process can go on. */
  readonly onStuck: () => void;
  /** A thread is gone, and another one takes its place. */
  readonly onRestart?: () => void;
  /** Time that a thread has to stop. */
  readonly stuckAfterMs?: number;
  /** Called when there is more room than before. */
  readonly onRoom: () => void;
}

export interface Pool<Work extends { readonly uid: string } = Task> {
  /** How many more tasks the pool takes now. */
  room(): number;
  /** Call only when there is room. */
  score(task: Work): void;
  /** Hands all threads a new set; measurements queued after this are scored with it. */
  setFingerprints(tables: FingerprintTables): void;
  close(): Promise<void>;
}

// One measurement runs while the next one waits in the thread, so that no thread idles on us.
const TASKS_PER_THREAD = 2;
/**
 * The worst that the bounds on bytes and values allow takes 1.4 GB of it. Above this a thread dies,
 * and within JSON.parse the whole process with it, which is what `pending/<uid>.try` is for.
 */
const THREAD_MEMORY_MB = 2048;
const START_AGAIN_AFTER_MS = 1_000;
const READY_WITHIN_MS = 60_000;
const STUCK_AFTER_MS = 60_000;
/**
 * The time limit is counted in parts. When the process stood still (SIGSTOP, a suspended host), the
 * timer is late, the thread did nothing, and only one part is lost.
 */
const LIMIT_PARTS = 5;

interface Slot<Work> {
  worker: Worker | undefined;
  ready: boolean;
  /** Runs while a thread that was told to stop has not: no other one takes its place before. */
  stopTimer: NodeJS.Timeout | undefined;
  stuck: boolean;
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
  /** Tasks of threads that ended before they came to them. */
  const returned: Work[] = [];

  const send = (slot: Slot<Work>, message: ToWorker<Work>) => slot.worker?.postMessage(message);

  const assign = (slot: Slot<Work>, task: Work) => {
    slot.tasks.push(task);
    send(slot, { kind: 'score', ...task });
  };

  const leastBusy = (): Slot<Work> | undefined =>
    slots
      .filter(({ ready, tasks }) => ready && tasks.length < TASKS_PER_THREAD)
      .sort((one, other) => one.tasks.length - other.tasks.length)[0];

  const reassign = () => {
    for (let slot = leastBusy(); slot && returned.length > 0; slot = leastBusy())
      assign(slot, returned.shift()!);
  };

  const limitTime = (slot: Slot<Work>, worker: Worker, uid: string, partsLeft = LIMIT_PARTS) => {
    const isRunning = () => slot.worker === worker && slot.tasks[0]?.uid === uid;
    slot.timer = setTimeout(() => {
      if (partsLeft > 1) return limitTime(slot, worker, uid, partsLeft - 1);
      // Its answer may be here already, behind this timer.
      setImmediate(() => {
        if (isRunning()) end(slot, `scoring took longer than ${options.measurementTimeoutMs} ms`);
      });
    }, options.measurementTimeoutMs / LIMIT_PARTS);
  };

  const start = (slot: Slot<Work>) => {
    if (closing) return;
    const worker = options.startThread({ maxOldGenerationSizeMb: THREAD_MEMORY_MB });
    let failure: string | undefined;
    slot.worker = worker;
    slot.timer = setTimeout(
      () => end(slot, `the scoring thread was not ready within ${READY_WITHIN_MS} ms`),
      READY_WITHIN_MS,
    );
    worker.on('message', (message: FromWorker<Answer>) => {
      if (slot.worker !== worker) return; // An answer that crossed with the order to stop.
      clearTimeout(slot.timer);
      switch (message.kind) {
        case 'ready':
          slot.ready = true;
          if (fingerprints !== undefined) send(slot, fingerprints);
          reassign();
          options.onRoom();
          return;
        case 'began':
          limitTime(slot, worker, message.uid);
          return;
        case 'scored':
          slot.tasks.shift();
          reassign();
          options.onScored(message);
      }
    });
    worker.on('error', (error) => {
      failure = `the scoring thread died: ${errorText(error)}`;
    });
    worker.on('exit', (code) => {
      if (closing) return;
      clearTimeout(slot.stopTimer);
      slot.stuck = false;
      const wasReady = slot.worker === worker ? slot.ready : true;
      if (slot.worker === worker)
        lose(slot, failure ?? `the scoring thread ended with code ${code}`);
      if (wasReady) start(slot);
      else slot.timer = setTimeout(() => start(slot), START_AGAIN_AFTER_MS);
    });
  };

  /** Orders a thread to stop; its successor starts when it has. */
  const end = (slot: Slot<Work>, reason: string) => {
    if (closing) return;
    void slot.worker?.terminate();
    // Nothing interrupts some work of the engine. A successor beside it would double the memory.
    slot.stopTimer = setTimeout(() => {
      slot.stuck = true;
      if (slots.every(({ stuck }) => stuck)) options.onStuck();
    }, options.stuckAfterMs ?? STUCK_AFTER_MS);
    lose(slot, reason);
  };

  /** The thread of a slot is no more: the first task is what it died of, the others go elsewhere. */
  const lose = (slot: Slot<Work>, reason: string) => {
    clearTimeout(slot.timer);
    const { ready } = slot;
    slot.worker = undefined;
    slot.ready = false;
    const [culprit, ...others] = slot.tasks;
    slot.tasks = [];
    returned.unshift(...others);
    reassign();
    options.onRestart?.();
    if (!ready) options.onStartFailed(reason);
    else if (culprit !== undefined) options.onFatal(culprit.uid, reason);
  };

  for (let index = 0; index < options.threads; index++) {
    const slot: Slot<Work> = {
      worker: undefined,
      ready: false,
      stopTimer: undefined,
      stuck: false,
      tasks: [],
      timer: undefined,
    };
    slots.push(slot);
    start(slot);
  }

  return {
    room: () =>
      slots.reduce(
        (sum, slot) => sum + (slot.ready ? TASKS_PER_THREAD - slot.tasks.length : 0),
        -returned.length,
      ),
    score(task) {
      assign(leastBusy()!, task);
    },
    setFingerprints({ dns, http }) {
      fingerprints = { kind: 'fingerprints', dns, http };
      for (const slot of slots) if (slot.ready) send(slot, fingerprints);
    },
    async close() {
      closing = true;
      for (const slot of slots) {
        clearTimeout(slot.timer);
        clearTimeout(slot.stopTimer);
      }
      await Promise.all(slots.map((slot) => slot.worker?.terminate()));
    },
  };
}
