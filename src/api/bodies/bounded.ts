/**
 * Bounds on the bodies that readers make a worker hold: how many are looked for at once, how many
 * requests wait for that, and how many bytes wait for readers that are slow to take them. Submissions
 * have a bound of their own, so that readers never cost a measurement.
 */
import type { Context } from 'koa';
import { onAnswerEnd } from '../../edge/http/answerEnd.ts';
import type { MemoryBudget } from '../../edge/http/memory.ts';

export interface BodyBounds {
  /** Bytes of bodies that wait for their readers. */
  readonly usedBytes: number;
  /** Lookups that run. */
  readonly running: number;
  /** Requests that wait for one of them to end. */
  readonly waiting: number;
  /**
   * Runs `look` when fewer than the most run. `busy`: it did not run, since too many wait already or
   * the client has gone meanwhile.
   */
  lookingFor<Found>(look: () => Promise<Found>, signal?: AbortSignal): Promise<Found | Busy>;
  /** Counts a body until its answer was taken or broke off; false when there is no room for it. */
  hold(ctx: Context, bytes: number): boolean;
}

export interface Busy {
  readonly kind: 'busy';
}

const BUSY: Busy = { kind: 'busy' };

/** Each may hold an object's member or a whole envelope, and what it is unpacked to. */
const MAX_LOOKUPS = 8;
/** A lookup takes some tenths of a second: who came behind so many would wait longer than is of use. */
const MAX_WAITING = 128;

export function makeBodyBounds(
  memory: MemoryBudget,
  maxLookups: number = MAX_LOOKUPS,
  maxWaiting: number = MAX_WAITING,
): BodyBounds {
  /** In their order; each is called with whether it has its turn. */
  const waiting = new Set<(hasTurn: boolean) => void>();
  let running = 0;

  const turn = (signal?: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (hasTurn: boolean) => {
        waiting.delete(settle);
        signal?.removeEventListener('abort', leave);
        resolve(hasTurn);
      };
      const leave = () => settle(false);
      waiting.add(settle);
      signal?.addEventListener('abort', leave, { once: true });
    });

  return {
    get usedBytes() {
      return memory.usedBytes;
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting.size;
    },
    async lookingFor(look, signal) {
      if (signal?.aborted) return BUSY;
      if (running < maxLookups) running++;
      else if (waiting.size >= maxWaiting || !(await turn(signal))) return BUSY;
      try {
        return await look();
      } finally {
        // The place goes to the one that waits, or is given up.
        const [next] = waiting;
        if (next === undefined) running--;
        else next(true);
      }
    },
    hold(ctx, bytes) {
      const lease = memory.lease();
      if (!lease.grow(bytes)) return false;
      onAnswerEnd(ctx.res, () => lease.release());
      return true;
    },
  };
}
