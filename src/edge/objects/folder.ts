/**
 * A plain folder as bucket, for a single host without S3: keys are paths, nginx may serve it.
 *
 * An object appears complete or not at all: temp file, fsync, then a hard link to its name, which
 * fails where one is there already. Readable by everyone, as everything in the bucket is public.
 */
import type { Dirent, Stats } from 'node:fs';
import { chmod, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { syncFolder } from '../../disk/durable.ts';
import { bytesSource, hasBytesOf, partsOf, type Source, withFile } from './digest.ts';
import { checkKey } from './keys.ts';
import { DamagedUpload, ObjectExists, type ObjectStore } from './store.ts';

/** Below the bucket's root, on its file system; never listed. */
const TEMPORARY = '.tmp';
/** What a crash left there is older than any upload that still runs. */
const TEMPORARY_MAX_AGE_MS = 86_400_000;
/** Folders that are known to be durable; past this many they are looked at again. */
const KNOWN_FOLDERS = 100_000;

/** Of this process, whatever they go through: their temporary names must differ. */
let uploads = 0;

export function openFolder(root: string): ObjectStore {
  const pathOf = (key: string) => join(root, checkKey(key));
  /** Made once, before the first upload; all that begin at the same time wait for it. */
  let temporaries: Promise<void> | undefined;
  const durable = new Set<string>();

  const openTemporaries = (): Promise<void> => {
    temporaries ??= removeOld(join(root, TEMPORARY)).catch((error) => {
      temporaries = undefined;
      throw error;
    });
    return temporaries;
  };

  const put = async (key: string, source: Source, replace: boolean): Promise<void> => {
    const file = pathOf(key);
    if ((await statIfThere(file)) !== undefined) {
      if (await hasBytesOf(file, source)) return syncFolder(dirname(file));
      if (!replace) throw new ObjectExists(`${key} is in ${root} with other bytes`);
    }
    let isOurs = true;
    const temporary = join(root, TEMPORARY, `${process.pid}.${uploads++}`);
    await openTemporaries();
    try {
      await writeDurably(temporary, source);
      await makeFolders(root, dirname(file), durable);
      if (replace) await rename(temporary, file);
      else await link(temporary, file);
    } catch (error) {
      // Another upload won the name: what is there decides.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      isOurs = false;
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(dirname(file));
    if (await hasBytesOf(file, source)) return;
    if (isOurs) throw new DamagedUpload(`${key} has other bytes in ${root} than were written`);
    throw new ObjectExists(`${key} is in ${root} with other bytes`);
  };

  return {
    name: `file://${root}`,

    putFile: (key, file, _contentType, options) =>
      withFile(file, (source) => put(key, source, options?.replace ?? false)),

    putBytes: (key, bytes, _contentType, options) =>
      put(key, bytesSource(bytes), options?.replace ?? false),

    async head(key) {
      const found = await statIfThere(pathOf(key));
      return found?.isFile() ? { sizeBytes: found.size } : undefined;
    },

    async read(key): Promise<Readable | undefined> {
      try {
        return (await open(pathOf(key), 'r')).createReadStream();
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    async readRange(key, startBytes, lengthBytes) {
      let handle: Awaited<ReturnType<typeof open>>;
      try {
        handle = await open(pathOf(key), 'r');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      try {
        const { size } = await handle.stat();
        const length = Math.max(0, Math.min(lengthBytes, size - startBytes));
        const { bytesRead, buffer } = await handle.read(
          Buffer.alloc(length),
          0,
          length,
          startBytes,
        );
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },

    list: (prefix) => listBelow(root, prefix),

    close: () => {},
  };
}

/** Makes the file anew: an earlier process with our number, killed after link(), has left a name of a published object. */
async function writeDurably(file: string, source: Source): Promise<void> {
  await rm(file, { force: true });
  const handle = await open(file, 'wx', 0o644);
  try {
    for await (const part of partsOf(source)) await handle.writeFile(part);
    // Whatever the process's umask is.
    await handle.chmod(0o644);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes the folders between `root` and `folder`, each durable in the one above it and readable for
 * everyone: also those that an earlier process made, which may have been killed before it came to that.
 */
async function makeFolders(root: string, folder: string, durable: Set<string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (durable.size > KNOWN_FOLDERS) durable.clear();
  const unknown: string[] = [];
  for (let at = folder; at.length > root.length && !durable.has(at); at = dirname(at))
    unknown.push(at);
  // From the top, so that whatever is known stands in folders that are.
  for (const at of unknown.reverse()) {
    const { mode } = await stat(at);
    // One of another user is as its owner wants it. Without the setgid bit that it may have inherited:
    // the sandbox refuses to set that.
    if ((mode & 0o755) !== 0o755) await chmod(at, (mode & 0o777) | 0o755).catch(() => {});
    await syncFolder(dirname(at));
    durable.add(at);
  }
}

async function removeOld(temporary: string): Promise<void> {
  await mkdir(temporary, { recursive: true });
  for (const name of await readdir(temporary)) {
    const file = join(temporary, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > TEMPORARY_MAX_AGE_MS)
      await rm(file, { force: true });
  }
}

/** Keys below a prefix in the order of S3: by the bytes of the whole key. */
async function* listBelow(
  root: string,
  prefix: string,
): AsyncGenerator<{ key: string; sizeBytes: number }> {
  // The prefix may end inside a name: begin in the last folder that it names.
  const folder = join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1));
  async function* walk(at: string): AsyncGenerator<{ key: string; sizeBytes: number }> {
    let entries: Dirent[];
    try {
      entries = await readdir(at, { withFileTypes: true });
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    const keyed = entries.map((entry) => {
      const key = relative(root, join(at, entry.name));
      return { entry, key, order: entry.isDirectory() ? `${key}/` : key };
    });
    keyed.sort((a, b) => (a.order < b.order ? -1 : 1));
    for (const { entry, key, order } of keyed) {
      if (key === TEMPORARY || !order.startsWith(prefix)) continue;
      if (entry.isDirectory()) yield* walk(join(at, entry.name));
      else if (entry.isFile()) {
        // It may have gone since the folder was read.
        const found = await statIfThere(join(root, key));
        if (found !== undefined) yield { key, sizeBytes: found.size };
      }
    }
  }
  yield* walk(folder);
}

async function statIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
