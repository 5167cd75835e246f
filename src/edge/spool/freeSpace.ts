/** Is there room for more on the spool's disk? Bytes, and inodes: each measurement takes one of these. */
import { statfs } from 'node:fs/promises';

export interface FreeSpace {
  /** Throws NoRoom when less than the least is left. */
  require(): Promise<void>;
}

/** What is left for users other than root on a file system. */
export interface Room {
  readonly freeBytes: number;
  /** Infinity where the file system does not count them (btrfs). */
  readonly freeInodes: number;
}

/** The disk is not full, but what is left is kept for what makes room. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
  readonly code = 'OONI_NO_ROOM';
}

/** The answer of the disk is good for so long: it is asked for once for many measurements. */
const ASK_EVERY_MS = 500;

export function watchFreeSpace(
  dir: string,
  least: Room,
  askRoom: (dir: string) => Promise<Room> = roomOf,
  nowMs: () => number = Date.now,
): FreeSpace {
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<Room> = Promise.resolve(UNKNOWN);
  return {
    async require() {
      if (least.freeBytes === 0 && least.freeInodes === 0) return;
      if (nowMs() - askedMs >= ASK_EVERY_MS) {
        askedMs = nowMs();
        answer = askRoom(dir).catch(() => UNKNOWN);
      }
      const { freeBytes, freeInodes } = await answer;
      if (freeBytes < least.freeBytes)
        throw new NoRoom(`${freeBytes} bytes are free, and min_free_bytes = ${least.freeBytes}`);
      if (freeInodes < least.freeInodes)
        throw new NoRoom(
          `${freeInodes} inodes are free, and min_free_inodes = ${least.freeInodes}`,
        );
    },
  };
}

/** A disk that does not say is tried: then its own error is the one to tell. */
const UNKNOWN: Room = {
  freeBytes: Number.POSITIVE_INFINITY,
  freeInodes: Number.POSITIVE_INFINITY,
};

export async function roomOf(dir: string): Promise<Room> {
  const { bavail, bsize, ffree, files } = await statfs(dir);
  return {
    freeBytes: bavail * bsize,
    freeInodes: files === 0 ? Number.POSITIVE_INFINITY : ffree,
  };
}
