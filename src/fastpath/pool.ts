/**
 * A pool of scoring threads. One measurement that crashes a thread, exhausts its memory or never
 * ends costs that measurement alone: the thread is replaced, what was queued behind it runs again.
 *
 * There are never more threads than `threads`, for each has its slot (threadSlot.ts); here tasks are
 * dealt out among them.
 */
import type { Worker } from 'node:worker_threads';
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';
import type { Scored, ToWorker } from './scoringMessages.ts';
import { type LostThread, makeThreadSlot, type ThreadSlot } from './threadSlot.ts';

export interface Task {
  readonly uid: string;
  readonly file: string;
  /** No other one that must be alone is being scored: this one may be. */
  readonly alone?: boolean;
}

export interface PoolOptions<Answer extends { readonly uid: string } = Scored> {
  readonly threads: number;
  /** Makes a thread that runs runScoringThread(). */
  readonly startThread: (resourceLimits: { maxOldGenerationSizeMb: number }) => Worker;
  readonly measurementTimeoutMs: number;
  /** Most that one thread has at once. */
  readonly tasksPerThread?: number;
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
  /** Called when there is more room than before, after `onScored` of all that made it. */
  readonly onRoom: () => void;
}

export interface Pool<Work extends { readonly uid: string } = Task> {
  /** How many more tasks the pool takes now. */
  room(): number;
  /** Those above the room wait for their turn. */
  score(tasks: readonly Work[]): void;
  /** Hands all threads a new set; measurements queued after this are scored with it. */
  setFingerprints(tables: FingerprintTables): void;
  close(): Promise<void>;
}

/**
 * Half of them are on their way while the thread does the others, so that it does not idle on us, and a
 * message is for several. Not more, for what waits behind one that takes long waits as long.
 */
export const TASKS_PER_THREAD = 32;
const STUCK_AFTER_MS = 60_000;

/** `Work` and `Answer`: what threads that do more than score files are sent, and send back. */
export function makePool<
  Work extends { readonly uid: string; readonly alone?: boolean } = Task,
  Answer extends { readonly uid: string } = Scored,
>(options: PoolOptions<Answer>): Pool<Work> {
  let fingerprints: ToWorker<Work> | undefined;
  /** Tasks of threads that ended before they answered for them, and what no thread had room for. */
  const returned: Work[] = [];

  const withRoom = () =>
    slots.filter(({ room }) => room > 0).sort((one, other) => one.taskCount - other.taskCount);

  /** One in a message: one of them may be what the next thread dies of while it answers. */
  const reassign = () => {
    for (let [slot] = withRoom(); slot !== undefined && returned.length > 0; [slot] = withRoom())
      slot.assign([returned.shift()!]);
  };

  /** The culprit is what the thread died of, the others go elsewhere. */
  const onLost = ({ wasReady, reason, culprit, others }: LostThread<Work>) => {
    returned.unshift(...others);
    reassign();
    options.onRestart?.();
    if (!wasReady) options.onStartFailed(reason);
    else if (culprit !== undefined) options.onFatal(culprit.uid, reason);
  };

  const makeSlot = (): ThreadSlot<Work> => {
    const slot = makeThreadSlot<Work, Answer>({
      startThread: options.startThread,
      measurementTimeoutMs: options.measurementTimeoutMs,
      tasksPerThread: options.tasksPerThread ?? TASKS_PER_THREAD,
      stuckAfterMs: options.stuckAfterMs ?? STUCK_AFTER_MS,
      onReady() {
        if (fingerprints !== undefined) slot.send(fingerprints);
        reassign();
        options.onRoom();
      },
      onScored(answers) {
        reassign();
        for (const answer of answers) options.onScored(answer);
        options.onRoom();
      },
      onLost,
      onStuck() {
        if (slots.every(({ state }) => state === 'stuck')) options.onStuck();
      },
    });
    return slot;
  };
  const slots = Array.from({ length: options.threads }, makeSlot);

  return {
    room: () => slots.reduce((sum, { room }) => sum + room, -returned.length),
    score(tasks) {
      let dealt = 0;
      for (let free = withRoom(); dealt < tasks.length && free.length > 0; free = withRoom()) {
        const share = Math.ceil((tasks.length - dealt) / free.length);
        for (const slot of free) {
          const part = tasks.slice(dealt, dealt + Math.min(share, slot.room));
          dealt += part.length;
          if (part.length > 0) slot.assign(part);
        }
      }
      returned.push(...tasks.slice(dealt));
    },
    setFingerprints({ dns, http, sha256 }) {
      fingerprints = { kind: 'fingerprints', dns, http, sha256 };
      for (const slot of slots.filter(({ state }) => state === 'ready')) slot.send(fingerprints);
    },
    async close() {
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}
