/** Doing again, after a pause, what failed for a reason that may pass. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does `work` until it succeeds. `pauseAfter` is asked after each failure, `failures` of which there were so
 * far: a number of milliseconds to wait, or undefined, and the error is thrown. What it throws itself ends it
 * too. `signal` ends a pause; whether there is another try is for `pauseAfter` to say.
 */
export async function tryAgain<Result>(
  work: () => Promise<Result>,
  pauseAfter: (error: unknown, failures: number) => number | undefined,
  signal?: AbortSignal,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = pauseAfter(error, failures);
      if (pauseMs === undefined) throw error;
      await pause(pauseMs, signal);
    }
  }
}

/** Ends early, and without an error, when `signal` is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => {});
}

/** The pause after so many failures: the first one, doubled each time, up to the longest. */
export function doubledMs(failures: number, firstMs: number, mostMs = Number.POSITIVE_INFINITY) {
  return Math.min(mostMs, firstMs * 2 ** (failures - 1));
}
