/**
 * The last step of each measurement: out of `pending/`.
 *
 * When the disk refuses it, what was done before (scoring, the row) is not done again: the step is
 * kept, and repeated alone when a sweep finds the measurement still there.
 */
import { errorText, type Log } from '../log/log.ts';
import { diskAdvice } from '../program/diskTrouble.ts';

export interface PendingUnlinks {
  /** Does the step, or keeps it; `done` is called once, when it was done. Never rejects. */
  unlink(uid: string, step: () => Promise<void>, done: () => void): Promise<void>;
  /** Repeats the step that was kept. False when there is none. */
  again(uid: string): Promise<boolean>;
}

/** More than these are scored again: ClickHouse is asked which of them it has. */
const MAX_KEPT = 10_000;

export function makePendingUnlinks(options: {
  readonly log: Log;
  readonly onFailure: () => void;
  readonly maxKept?: number;
}): PendingUnlinks {
  const { log } = options;
  const kept = new Map<string, { step: () => Promise<void>; done: () => void }>();
  let inTrouble = false;

  const unlink: PendingUnlinks['unlink'] = async (uid, step, done) => {
    try {
      await step();
    } catch (error) {
      options.onFailure();
      if (kept.size < (options.maxKept ?? MAX_KEPT)) kept.set(uid, { step, done });
      if (!inTrouble)
        log.err(
          `cannot take measurements out of pending/, trying again at each sweep: ${diskAdvice(error, 'the spool')}`,
          { measurement_uid: uid, error: errorText(error) },
        );
      inTrouble = true;
      return;
    }
    kept.delete(uid);
    if (inTrouble && kept.size === 0) {
      inTrouble = false;
      log.info('measurements leave pending/ again');
    }
    done();
  };

  return {
    unlink,
    async again(uid) {
      const waiting = kept.get(uid);
      if (waiting === undefined) return false;
      await unlink(uid, waiting.step, waiting.done);
      return true;
    },
  };
}
