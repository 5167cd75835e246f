/** Bounds what is in memory at once, and how fast measurements are taken. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Budget {
  /** Waits for room, in order of asking. More than all there is gets all there is. */
  take(bytes: number): Promise<Held>;
}

export interface Held {
  giveBack(): void;
}

export function makeBudget(totalBytes: number): Budget {
  let free = totalBytes;
  const waiting: { readonly bytes: number; readonly go: () => void }[] = [];
  const serve = () => {
    for (let next = waiting[0]; next !== undefined && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.go();
    }
  };
  return {
    async take(asked) {
      const bytes = Math.min(asked, totalBytes);
      await new Promise<void>((go) => {
        waiting.push({ bytes, go });
        serve();
      });
      let held = true;
      return {
        giveBack() {
          if (!held) return;
          held = false;
          free += bytes;
          serve();
        },
      };
    },
  };
}

/** Waits so that no more than `perSecond` measurements are taken in a second; 0: as many as can be. */
export function makePace(
  perSecond: number,
  clock: { now(): number; sleep(ms: number): Promise<unknown> } = { now: Date.now, sleep },
): (measurements: number) => Promise<void> {
  let nextMs = 0;
  return async (measurements) => {
    if (perSecond === 0) return;
    // Time in which nothing was asked for is lost, or a pause would end in a burst.
    const startMs = Math.max(nextMs, clock.now());
    nextMs = startMs + (measurements * 1000) / perSecond;
    const waitMs = startMs - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
  };
}
