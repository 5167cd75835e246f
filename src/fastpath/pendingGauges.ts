/** How long the queue is and how old, counted now and then: nothing keeps track of each file. */
import { type MeasurementUid, uidReceivedMs } from '../core/measurement/measurementUid.ts';
import { errorText, type Log } from '../log/log.ts';

const COUNT_EVERY_MS = 15_000;
/** Of a million that wait, a count takes seconds, which the main thread has for scored ones too. */
const PAUSE_PER_COUNT = 10;

export interface PendingGauges {
  /** As last counted. */
  readonly count: number;
  close(): void;
}

/** Counts at once, and again. */
export function watchPending(options: {
  readonly pending: () => AsyncGenerator<MeasurementUid>;
  readonly onCount: (counted: { readonly count: number; readonly oldestAgeMs: number }) => void;
  readonly log: Log;
}): PendingGauges {
  let last = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const countOnce = async () => {
    let count = 0;
    let oldest = '~';
    for await (const { text } of options.pending()) {
      count++;
      if (text < oldest) oldest = text;
      if (closed) return;
    }
    last = count;
    // A uid may name a day that its month has not.
    const ageMs = count === 0 ? 0 : Date.now() - uidReceivedMs(oldest);
    options.onCount({ count, oldestAgeMs: Number.isFinite(ageMs) ? Math.max(0, ageMs) : 0 });
  };
  const countOn = async () => {
    const startedAt = performance.now();
    try {
      await countOnce();
    } catch (error) {
      options.log.warning('cannot count pending/', { error: errorText(error) });
    }
    const pauseMs = countPauseMs(performance.now() - startedAt);
    if (!closed) timer = setTimeout(() => void countOn(), pauseMs);
  };
  void countOn();

  return {
    get count() {
      return last;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** How long after a count that took so long the next one begins. */
export function countPauseMs(tookMs: number): number {
  return Math.max(COUNT_EVERY_MS, tookMs * PAUSE_PER_COUNT);
}
