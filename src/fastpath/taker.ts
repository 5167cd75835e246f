/** Moves measurements from the intake to the pool for as long as pool and writer have room. */
import { errorText, type Log } from '../log/log.ts';
import type { InFlight } from './inFlight.ts';
import type { Intake } from './intake.ts';
import type { PendingUnlinks } from './pendingUnlinks.ts';
import type { Pool, Task } from './pool.ts';
import type { Writer } from './writer.ts';

export interface Taker {
  /** Something changed: looks for what can be begun. */
  take(): void;
  /** Nothing is begun any more. */
  stop(): void;
}

export function makeTaker(parts: {
  readonly intake: Pick<Intake, 'next'>;
  readonly pool: Pick<Pool, 'room' | 'score'>;
  readonly writer: Pick<Writer, 'room'>;
  readonly inFlight: InFlight;
  readonly unlinks: PendingUnlinks;
  readonly pendingFile: (uid: string) => string;
  /** None of the suspects is left. Called again and again. */
  readonly onCleared: () => void;
  /** Without fingerprints nothing is scored. */
  readonly isReady: () => boolean;
  readonly log: Log;
}): Taker {
  const { pool, writer, inFlight, pendingFile } = parts;
  let taking = false;
  /** Something changed since take() last looked. */
  let wanted = false;
  let stopped = false;

  /** The memory that measurements take is bounded for one large one at a time; a suspect shows whether it was the one. */
  const takeAlone = () => {
    if (stopped || pool.room() <= 0) return;
    const uid = inFlight.nextAlone();
    if (uid !== undefined) pool.score([{ uid, file: pendingFile(uid), alone: true }]);
  };

  /** Begins as many as there are and as there is room for, in one list; false when there were none. */
  const takeList = async (): Promise<boolean> => {
    const tasks: Task[] = [];
    try {
      // Whatever is under way and not yet a row of the writer will need room there.
      while (!stopped && tasks.length < pool.room() && writer.room() > inFlight.outsideWriter) {
        const candidate = await parts.intake.next();
        if (candidate === undefined) return false;
        const { uid, mayBeStored } = candidate;
        if (inFlight.has(uid) || (await parts.unlinks.again(uid))) continue;
        inFlight.begin(uid, mayBeStored);
        tasks.push({ uid, file: pendingFile(uid) });
      }
      return tasks.length > 0;
    } finally {
      if (tasks.length > 0) pool.score(tasks);
    }
  };

  const takeWhileRoom = async () => {
    takeAlone();
    // Beside others, nobody could tell which of them ends the process.
    if (inFlight.suspects > 0) return;
    parts.onCleared();
    while (await takeList());
  };

  const takeOn = async () => {
    taking = true;
    try {
      while (wanted) {
        wanted = false;
        await takeWhileRoom();
      }
    } catch (error) {
      parts.log.err('cannot read pending/: trying again at the next sweep; check the disk', {
        error: errorText(error),
      });
    } finally {
      taking = false;
    }
  };

  return {
    take() {
      wanted = true;
      if (!taking && parts.isReady()) void takeOn();
    },
    stop() {
      stopped = true;
    },
  };
}
