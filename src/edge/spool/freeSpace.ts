/** Is there room for more on the spool's disk? */
import { statfs } from 'node:fs/promises';

export interface FreeSpace {
  /** Throws NoRoom when less than the least is left. */
  require(): Promise<void>;
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
  minFreeBytes: number,
  freeBytes: (dir: string) => Promise<number> = freeBytesOf,
  nowMs: () => number = Date.now,
): FreeSpace {
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<number> = Promise.resolve(0);
  return {
    async require() {
      if (minFreeBytes === 0) return;
      if (nowMs() - askedMs >= ASK_EVERY_MS) {
        askedMs = nowMs();
        // A disk that does not say is tried: then its own error is the one to tell.
        answer = freeBytes(dir).catch(() => Number.POSITIVE_INFINITY);
      }
      const free = await answer;
      if (free < minFreeBytes)
        throw new NoRoom(`${free} bytes are free, and min_free_bytes = ${minFreeBytes}`);
    },
  };
}

/** Bytes that are left for users other than root on the file system of a folder. */
export async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
