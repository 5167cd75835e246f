/**
 * Local copies of archive objects that must be read from their start (index rows of older uploaders
 * do not say where in the object a line is). A folder with a bound on its size and on the age of what
 * is in it; all workers share it. A file's mtime says when it was downloaded, its atime when it was
 * last used.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sha256Hex } from '../../core/text/sha256.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';

export interface ObjectCache {
  /** The object from its start, or undefined when the store has none. */
  open(key: string): Promise<Readable | undefined>;
}

type Copied = 'copied' | 'too large' | 'no object';

export function openObjectCache(parts: {
  readonly objects: ObjectStore;
  readonly dir: string;
  readonly maxBytes: number;
  readonly log: Log;
}): ObjectCache {
  const { objects, dir, maxBytes, log } = parts;
  /** Copies that are being made, so that requests for one object share it. */
  const copies = new Map<string, Promise<Copied>>();

  const openCopy = async (file: string): Promise<Readable | undefined> => {
    try {
      const handle = await open(file, 'r');
      const { mtime } = await handle.stat();
      if (isOld(mtime.getTime(), Date.now())) {
        await handle.close();
        return undefined;
      }
      // The time of the last use decides what goes first.
      await handle.utimes(new Date(), mtime).catch(() => {});
      return handle.createReadStream();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };

  /** Throws where less comes than the store said, or more: such a copy would fail its readers until it is old. */
  const download = async (key: string, file: string, sizeBytes: number): Promise<Copied> => {
    const source = await objects.read(key);
    if (source === undefined) return 'no object';
    const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const copied = createWriteStream(temporary, { mode: 0o640 });
      await pipeline(source, copied);
      if (copied.bytesWritten !== sizeBytes)
        throw new Error(`${copied.bytesWritten} bytes came of an object of ${sizeBytes}: ${key}`);
      await rename(temporary, file);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
    return 'copied';
  };

  const copy = async (key: string, file: string): Promise<Copied> => {
    // Another request may have made the copy since this one looked for it.
    if (await isFresh(file)) return 'copied';
    const info = await objects.head(key);
    if (info === undefined) return 'no object';
    if (info.sizeBytes > maxBytes) return 'too large';
    await mkdir(dir, { recursive: true });
    await makeRoom(dir, maxBytes - info.sizeBytes);
    return download(key, file, info.sizeBytes);
  };

  const shared = (key: string, file: string): Promise<Copied> => {
    let running = copies.get(key);
    if (running === undefined) {
      running = copy(key, file).finally(() => copies.delete(key));
      copies.set(key, running);
    }
    return running;
  };

  return {
    async open(key) {
      const file = join(dir, sha256Hex(key));
      try {
        const present = await openCopy(file);
        if (present !== undefined) return present;
        if ((await shared(key, file)) === 'no object') return undefined;
        const made = await openCopy(file);
        if (made !== undefined) return made;
      } catch (error) {
        log.warning('cache of archive objects cannot be used: reading without it', {
          dir,
          error: errorText(error),
        });
      }
      return objects.read(key);
    },
  };
}

/**
 * What was removed from the archive must not be served for long from a copy. The file may
 * stay until the next cleaning, and answers are in other caches for a day: docs/operate.md, "Remove a
 * measurement", promises the sum.
 */
const COPY_MAX_AGE_MS = 3_600_000;
/** An unfinished download that old belongs to a process that is gone. */
const STALE_MS = 3_600_000;

/** File times are a little coarser than the clock. */
const CLOCK_SLACK_MS = 1_000;

/** Also where the time of the download lies ahead: then nothing is known of its age. */
function isOld(downloadedMs: number, nowMs: number): boolean {
  const ageMs = nowMs - downloadedMs;
  return ageMs < -CLOCK_SLACK_MS || ageMs >= COPY_MAX_AGE_MS;
}

async function isFresh(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => undefined);
  return info !== undefined && !isOld(info.mtimeMs, Date.now());
}

interface CachedFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  readonly isTemporary: boolean;
  readonly expired: boolean;
}

/** A folder that was not made yet holds nothing. */
async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
}

async function filesOf(dir: string, nowMs: number): Promise<CachedFile[]> {
  const files = await Promise.all(
    (await namesIn(dir)).map(async (name) => {
      const file = join(dir, name);
      const info = await stat(file).catch(() => undefined);
      if (info === undefined) return undefined;
      const isTemporary = name.endsWith('.tmp');
      const expired = isTemporary ? nowMs - info.mtimeMs > STALE_MS : isOld(info.mtimeMs, nowMs);
      return { file, sizeBytes: info.size, usedMs: info.atimeMs, isTemporary, expired };
    }),
  );
  return files.filter((entry) => entry !== undefined);
}

/** Removes copies that are not served any more and unfinished downloads; returns how many. */
export async function removeOldCopies(dir: string, nowMs: number): Promise<number> {
  let removed = 0;
  for (const { file, expired } of await filesOf(dir, nowMs)) {
    if (!expired) continue;
    await rm(file, { force: true });
    removed++;
  }
  return removed;
}

/** Removes what is too old, then what was not used for longest, until `maxBytes` are left at most. */
async function makeRoom(dir: string, maxBytes: number): Promise<void> {
  const files = await filesOf(dir, Date.now());
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const entry of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (!entry.expired && (total <= maxBytes || entry.isTemporary)) continue;
    await unlink(entry.file).catch(() => {});
    total -= entry.sizeBytes;
  }
}
