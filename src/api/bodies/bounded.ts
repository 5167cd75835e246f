/**
 * Bounds on the bodies that readers make a worker hold: how many are looked for at once, and how many
 * bytes wait for readers that are slow to take them. Submissions have a bound of their own, so that
 * readers never cost a measurement.
 */
import type { Context } from 'koa';
import type { MemoryBudget } from '../../edge/http/memory.ts';

export interface BodyBounds {
  /** Runs `look` when fewer than the most run. */
  lookingFor<Found>(look: () => Promise<Found>): Promise<Found>;
  /** Counts a body until its answer was taken or broke off; false when there is no room for it. */
  hold(ctx: Context, bytes: number): boolean;
}

/** Each may hold an object's member or a whole envelope, and what it is unpacked to. */
const MAX_LOOKUPS = 8;

export function makeBodyBounds(memory: MemoryBudget, maxLookups: number = MAX_LOOKUPS): BodyBounds {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async lookingFor(look) {
      if (running >= maxLookups) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await look();
      } finally {
        // The place goes to the one that waits, or is given up.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
    hold(ctx, bytes) {
      const lease = memory.lease();
      if (!lease.grow(bytes)) return false;
      ctx.res.once('close', () => lease.release());
      return true;
    },
  };
}
