/**
 * The last step of each measurement: out of `pending/`.
 *
 * When the disk refuses it, what was done before (scoring, the row) is not done again: the step is
 * kept, and repeated alone when a sweep finds the measurement still there.
 */
import type { Spool } from '../edge/spool/spool.ts';
import { errorText, type Log } from '../log/log.ts';
import { diskAdvice } from '../program/diskTrouble.ts';

export interface PendingUnlinks {
  /** Takes them out, or keeps that; `done` is called once for each, when it was done. Never rejects. */
  unlink(uids: readonly string[], done: (uid: string) => void): Promise<void>;
  /** The same for one that leaves in another way. */
  leave(uid: string, step: () => Promise<void>, done: () => void): Promise<void>;
  /** Repeats the step that was kept. False when there is none. */
  again(uid: string): Promise<boolean>;
}

/** More than these are scored again: ClickHouse is asked which of them it has. */
const MAX_KEPT = 10_000;

export function makePendingUnlinks(options: {
  readonly spool: Pick<Spool, 'unlinkPending'>;
  readonly log: Log;
  readonly onFailure: () => void;
  readonly maxKept?: number;
}): PendingUnlinks {
  const { spool, log } = options;
  const kept = new Map<string, { step: () => Promise<void>; done: () => void }>();
  let inTrouble = false;

  const failed = (uid: string, error: unknown, step: () => Promise<void>, done: () => void) => {
    options.onFailure();
    if (kept.size < (options.maxKept ?? MAX_KEPT)) kept.set(uid, { step, done });
    if (!inTrouble)
      log.err(
        `cannot take measurements out of pending/, trying again at each sweep: ${diskAdvice(error, 'the spool')}`,
        { measurement_uid: uid, error: errorText(error) },
      );
    inTrouble = true;
  };

  const left = (uid: string, done: () => void) => {
    kept.delete(uid);
    if (inTrouble && kept.size === 0) {
      inTrouble = false;
      log.info('measurements leave pending/ again');
    }
    done();
  };

  const leave: PendingUnlinks['leave'] = async (uid, step, done) => {
    try {
      await step();
    } catch (error) {
      return failed(uid, error, step, done);
    }
    left(uid, done);
  };

  const refusedOf = async (uids: readonly string[]): Promise<ReadonlyMap<string, unknown>> => {
    try {
      return new Map((await spool.unlinkPending(uids)).map(({ uid, error }) => [uid, error]));
    } catch (error) {
      return new Map(uids.map((uid) => [uid, error]));
    }
  };
  const unlinkOne = async (uid: string) => {
    for (const [, error] of await refusedOf([uid])) throw error;
  };

  return {
    async unlink(uids, done) {
      const refused = await refusedOf(uids);
      // Of those that are gone only when all is known: trouble ends where nothing is refused.
      for (const [uid, error] of refused)
        failed(
          uid,
          error,
          () => unlinkOne(uid),
          () => done(uid),
        );
      for (const uid of uids) if (!refused.has(uid)) left(uid, () => done(uid));
    },
    leave,
    async again(uid) {
      const waiting = kept.get(uid);
      if (waiting === undefined) return false;
      await leave(uid, waiting.step, waiting.done);
      return true;
    },
  };
}
