/**
 * What of a unit is under way, and when it is written down as done. An object is done when it was read and
 * the rows of all its batches are confirmed; a unit when all its objects are. Neither is when something of
 * it could not be read: the next run begins it again.
 */
import type { Counts } from './replayProgress.ts';
import type { Resume } from './resume.ts';

export interface OpenUnit {
  /** Bytes of it are read, or were in an earlier run. */
  read(bytes: number): void;
  /** From 0 to 1. */
  readonly fraction: number;
  begin(key: string): OpenObject;
  /** All its objects were begun. */
  allBegun(): void;
}

export interface OpenObject {
  /** A batch of it goes to be scored; to be called when its rows are confirmed. */
  beginBatch(): () => void;
  /** Its bytes are at their end. `damaged`: before that, something could not be read. */
  end(how: 'whole' | 'gone' | 'damaged'): void;
}

export function openUnit(
  name: string,
  sizeBytes: number,
  resume: Pick<Resume, 'objectDone' | 'unitDone'>,
  counts: Pick<Counts, 'objects' | 'damagedObjects'>,
): OpenUnit {
  let readBytes = 0;
  /** Objects that are not done, and one more while there are objects to be begun. */
  let open = 1;
  let damaged = false;
  const leave = () => {
    if (--open === 0 && !damaged) resume.unitDone(name);
  };

  const begin = (key: string): OpenObject => {
    open++;
    /** Batches whose rows are not confirmed, and one more while it is read. */
    let batches = 1;
    let isDamaged = false;
    const leaveObject = () => {
      if (--batches > 0) return;
      counts.objects++;
      if (isDamaged) damaged = true;
      else resume.objectDone(name, key);
      leave();
    };
    return {
      beginBatch() {
        batches++;
        return leaveObject;
      },
      end(how) {
        if (how === 'damaged') {
          isDamaged = true;
          counts.damagedObjects++;
        }
        leaveObject();
      },
    };
  };

  return {
    read(bytes) {
      readBytes += bytes;
    },
    get fraction() {
      return sizeBytes === 0 ? 0 : readBytes / sizeBytes;
    },
    begin,
    allBegun: leave,
  };
}
