/**
 * The uploader's side of the spool: hour folders in `incoming/`, read in order, and emptied of
 * exactly what was published (docs/architecture.md, "The spool").
 */
import { readFileSync, unlinkSync } from 'node:fs';
import { opendir, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type HourFolder,
  POST_SUFFIX,
  parseHourFolder,
  uidOfFileName,
} from '../../core/measurement/spoolPaths.ts';
import { makeDirectorySync } from './directorySync.ts';
import { isMissing } from './files.ts';
import { openQuarantine } from './quarantine.ts';

// read() and clear() block on each file: that takes a quarter of the processor time, and the
// uploader has other threads to compress meanwhile.
export interface Hours {
  /** Hour folders, oldest hour first, then by name. */
  folders(): Promise<HourFolder[]>;
  /** Names that end in `.post`, sorted; at most a window of them is held in memory. */
  names(folder: HourFolder): AsyncGenerator<string>;
  /** How many there are, and their bytes. */
  count(folder: HourFolder): Promise<{ readonly measurements: number; readonly bytes: number }>;
  /** A stored envelope, or undefined when it is gone. */
  read(folder: HourFolder, name: string): Buffer | undefined;
  /** Keeps a copy of what could not be parsed in `quarantine/`, with the reason beside it. */
  quarantineCopy(folder: HourFolder, uid: string, reason: string): Promise<void>;
  /** Moves a file that is not a measurement of ours to `quarantine/`. */
  quarantineAway(folder: HourFolder, name: string, reason: string): Promise<void>;
  /** Deletes measurements for good, and the folder when nothing is left in it. Can be repeated. */
  clear(folder: HourFolder, uids: AsyncIterable<string> | Iterable<string>): Promise<void>;
}

/** A folder or a file in it cannot be read or emptied: it alone must wait, other folders can go on. */
export class FolderTrouble extends Error {
  override readonly name = 'FolderTrouble';
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`${file}: ${(cause as Error).message}`, { cause });
    this.file = file;
  }
}

/** Names of one look through a folder. An hour with more of them is looked through again. */
const NAME_WINDOW = 50_000;

export function openHours(spoolDir: string, nameWindow: number = NAME_WINDOW): Hours {
  const incoming = join(spoolDir, 'incoming');
  const quarantine = openQuarantine(spoolDir);
  const directories = makeDirectorySync();
  const pathOf = (folder: HourFolder, name: string) => join(incoming, folder.name, name);

  async function* posts(folder: HourFolder): AsyncGenerator<string> {
    try {
      for await (const entry of await opendir(join(incoming, folder.name), { bufferSize: 512 }))
        if (entry.name.endsWith(POST_SUFFIX)) yield entry.name;
    } catch (error) {
      if (!isMissing(error)) throw new FolderTrouble(join(incoming, folder.name), error);
    }
  }

  /** The first names after `after`, in order. */
  const nextNames = async (folder: HourFolder, after: string): Promise<string[]> => {
    let names: string[] = [];
    const keepFirst = () => {
      names.sort();
      names = names.slice(0, nameWindow);
    };
    for await (const name of posts(folder)) {
      if (name <= after) continue;
      names.push(name);
      if (names.length >= 2 * nameWindow) keepFirst();
    }
    keepFirst();
    return names;
  };

  return {
    async folders() {
      const names = await readdir(incoming).catch((error) => {
        if (isMissing(error)) return [];
        throw error;
      });
      // Names begin with the hour.
      return names
        .sort()
        .map(parseHourFolder)
        .filter((folder) => folder !== undefined);
    },

    async *names(folder) {
      let after = '';
      for (;;) {
        const names = await nextNames(folder, after);
        yield* names;
        if (names.length < nameWindow) return;
        after = names.at(-1)!;
      }
    },

    async count(folder) {
      let measurements = 0;
      let bytes = 0;
      for await (const name of posts(folder)) {
        const found = await stat(pathOf(folder, name)).catch(() => undefined);
        if (found === undefined) continue;
        measurements++;
        bytes += found.size;
      }
      return { measurements, bytes };
    },

    read(folder, name) {
      try {
        return readFileSync(pathOf(folder, name));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw new FolderTrouble(pathOf(folder, name), error);
      }
    },

    async quarantineCopy(folder, uid, reason) {
      await quarantine.reason(uid, reason);
      await quarantine.copyIn(pathOf(folder, uid + POST_SUFFIX), uid + POST_SUFFIX);
    },

    async quarantineAway(folder, name, reason) {
      try {
        await quarantine.reason(name, reason);
        await quarantine.moveIn(pathOf(folder, name), name);
      } catch (error) {
        throw new FolderTrouble(pathOf(folder, name), error);
      }
    },

    async clear(folder, uids) {
      for await (const uid of uids) {
        if (uidOfFileName(uid + POST_SUFFIX) === undefined)
          throw new Error(`not a measurement uid: ${uid}`);
        unlinkIfThereNow(pathOf(folder, uid + POST_SUFFIX));
      }
      try {
        // A measurement that came back after a power cut would be published twice.
        await directories.sync(join(incoming, folder.name));
        await rmdir(join(incoming, folder.name));
        await directories.sync(incoming);
      } catch (error) {
        // Late measurements are in it: the next run's. Or it went in an earlier try.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'ENOENT')
          throw new FolderTrouble(join(incoming, folder.name), error);
      }
    },
  };
}

function unlinkIfThereNow(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isMissing(error)) throw new FolderTrouble(file, error);
  }
}
