/**
 * Local copies of archive objects that must be read from their start (index rows of older uploaders
 * do not say where in the object a line is). A folder with a bound on its size; all workers share it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';

export interface ObjectCache {
  /** The object from its start, or undefined when the store has none. */
  open(key: string): Promise<Readable | undefined>;
}

export function openObjectCache(parts: {
  readonly objects: ObjectStore;
  readonly dir: string;
  readonly maxBytes: number;
  readonly log: Log;
}): ObjectCache {
  const { objects, dir, maxBytes, log } = parts;
  /** Downloads that run, so that requests for one object share it. */
  const downloads = new Map<string, Promise<boolean>>();

  const openCopy = async (file: string): Promise<Readable | undefined> => {
    try {
      const handle = await open(file, 'r');
      const now = new Date();
      // The time of the last use decides what goes first.
      await utimes(file, now, now).catch(() => {});
      return handle.createReadStream();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };

  /** False when the store has no such object. */
  const download = async (key: string, sizeBytes: number, file: string): Promise<boolean> => {
    const source = await objects.read(key);
    if (source === undefined) return false;
    await mkdir(dir, { recursive: true });
    await makeRoom(dir, maxBytes - sizeBytes);
    const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await pipeline(source, createWriteStream(temporary, { mode: 0o640 }));
      await rename(temporary, file);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
    return true;
  };

  const shared = (key: string, sizeBytes: number, file: string): Promise<boolean> => {
    let running = downloads.get(key);
    if (running === undefined) {
      running = download(key, sizeBytes, file).finally(() => downloads.delete(key));
      downloads.set(key, running);
    }
    return running;
  };

  return {
    async open(key) {
      const file = join(dir, createHash('sha256').update(key).digest('hex'));
      try {
        const copy = await openCopy(file);
        if (copy !== undefined) return copy;
        const info = await objects.head(key);
        if (info === undefined) return undefined;
        if (info.sizeBytes <= maxBytes) {
          if (!(await shared(key, info.sizeBytes, file))) return undefined;
          const fresh = await openCopy(file);
          if (fresh !== undefined) return fresh;
        }
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

/** An unfinished download that old belongs to a process that is gone. */
const STALE_MS = 3_600_000;

/** Removes what was not used for longest until `maxBytes` are left at most. */
async function makeRoom(dir: string, maxBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(dir)).map(async (name) => {
      const file = join(dir, name);
      const info = await stat(file).catch(() => undefined);
      return {
        file,
        sizeBytes: info?.size ?? 0,
        usedMs: info?.mtimeMs ?? 0,
        isTemporary: name.endsWith('.tmp'),
      };
    }),
  );
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const entry of files.sort((a, b) => a.usedMs - b.usedMs)) {
    const stale = entry.isTemporary && Date.now() - entry.usedMs > STALE_MS;
    if (!stale && (total <= maxBytes || entry.isTemporary)) continue;
    await unlink(entry.file).catch(() => {});
    total -= entry.sizeBytes;
  }
}
