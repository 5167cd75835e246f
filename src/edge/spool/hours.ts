/**
 * The uploader's side of the spool: hour folders in `incoming/`, read in order, and emptied of
 * exactly what was published (docs/architecture.md, "The spool").
 */

import { closeSync, type Dirent, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  type HourFolder,
  POST_SUFFIX,
  parseHourFolder,
  uidOfFileName,
} from '../../core/measurement/spoolPaths.ts';
import { makeDirectorySync } from '../../disk/directorySync.ts';
import { isMissing } from '../../disk/missing.ts';
import { type Folder, Foreign, openSpoolFolder } from './doors.ts';
import { openQuarantine } from './quarantine.ts';
import { openReferenceUnlinker } from './unlink/reference.ts';
import type { Unlinker } from './unlink/unlinker.ts';

// read() blocks on each file: that takes a quarter of the processor time, and the uploader has other
// threads to compress meanwhile.
export interface Hours {
  /** Hour folders, oldest hour first, then by name. */
  folders(): Promise<HourFolder[]>;
  /** Names that end in `.post`, sorted; at most a window of them is held in memory. */
  names(folder: HourFolder): AsyncGenerator<string>;
  /** How many there are, and their bytes. */
  count(folder: HourFolder): Promise<{ readonly measurements: number; readonly bytes: number }>;
  /** A stored envelope of a folder whose names are being gone through. `place`: gives memory for so many bytes. */
  read(
    folder: HourFolder,
    name: string,
    largestBytes: number,
    place?: (bytes: number) => Buffer,
  ): ReadPost;
  /** Keeps a copy of what could not be parsed in `quarantine/`, with the reason beside it. */
  quarantineCopy(uid: string, reason: string, post: Uint8Array): Promise<'kept' | 'full'>;
  /** Moves what is not a measurement of this folder to `quarantine/`; gives its name there. */
  quarantineAway(folder: HourFolder, name: string, reason: string): Promise<string>;
  /** The same with what has the name of an hour folder and is none. Gives what it was, by name. */
  quarantineStrangers(): Promise<{ readonly name: string; readonly reason: string }[]>;
  /**
   * Deletes measurements for good, and the folder when nothing is left in it. Can be repeated. `deleted`: called
   * each time that some are gone.
   */
  clear(
    folder: HourFolder,
    uids: AsyncIterable<string> | Iterable<string>,
    deleted?: () => Promise<void> | void,
  ): Promise<void>;
}

export type ReadPost =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'gone' }
  /** Left unread. */
  | { readonly kind: 'larger'; readonly sizeBytes: number }
  /** Not put there by ooni-api: a link, say. */
  | { readonly kind: 'foreign'; readonly what: string };

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

/** Names that are deleted in one call: a disk may take a millisecond for each, and others wait for the thread. */
const DELETED_AT_ONCE = 256;

export interface HoursOptions {
  readonly nameWindow?: number;
  readonly quarantineMaxBytes?: number;
  /** What takes published measurements out of their folders. */
  readonly unlinker?: Unlinker;
}

export function openHours(
  spoolDir: string,
  {
    nameWindow = NAME_WINDOW,
    quarantineMaxBytes = Number.POSITIVE_INFINITY,
    unlinker = openReferenceUnlinker(),
  }: HoursOptions = {},
): Hours {
  const quarantine = openQuarantine(spoolDir, quarantineMaxBytes);
  const directories = makeDirectorySync();
  const pathOf = (folder: HourFolder, name = '') => join(spoolDir, 'incoming', folder.name, name);

  const inIncoming = <Result>(work: (incoming: Folder) => Result): Result => {
    const incoming = openSpoolFolder(spoolDir, 'incoming');
    try {
      return work(incoming);
    } finally {
      incoming.close();
    }
  };
  /** Opens an hour's folder; undefined when it is gone. */
  const openHour = (folder: HourFolder): Folder | undefined => {
    try {
      return inIncoming((incoming) => incoming.into(folder.name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new FolderTrouble(pathOf(folder), error);
    }
  };

  async function* posts(folder: HourFolder): AsyncGenerator<string> {
    const hour = openHour(folder);
    if (hour === undefined) return;
    try {
      for await (const { name } of hour.entries()) if (name.endsWith(POST_SUFFIX)) yield name;
    } catch (error) {
      throw new FolderTrouble(pathOf(folder), error);
    } finally {
      hour.close();
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

  /** What has the name of an hour folder, by name: they begin with the hour. */
  const hourEntries = async (): Promise<{ entry: Dirent; folder: HourFolder }[]> => {
    const found: { entry: Dirent; folder: HourFolder }[] = [];
    const incoming = openSpoolFolder(spoolDir, 'incoming');
    try {
      for await (const entry of incoming.entries()) {
        const folder = parseHourFolder(entry.name);
        if (folder !== undefined) found.push({ entry, folder });
      }
    } finally {
      incoming.close();
    }
    return found.sort((a, b) => (a.folder.name < b.folder.name ? -1 : 1));
  };

  /** Folders that are being read from, by name; opened once, since that costs as much as a file. */
  const reading = new Map<string, Folder>();
  const readingFrom = (folder: HourFolder): Folder | undefined => {
    const open = reading.get(folder.name) ?? openHour(folder);
    if (open !== undefined) reading.set(folder.name, open);
    return open;
  };
  const stopReading = (folder: HourFolder) => {
    reading.get(folder.name)?.close();
    reading.delete(folder.name);
  };

  return {
    async folders() {
      return (await hourEntries())
        .filter(({ entry }) => entry.isDirectory())
        .map(({ folder }) => folder);
    },

    async *names(folder) {
      let after = '';
      try {
        for (;;) {
          const names = await nextNames(folder, after);
          yield* names;
          if (names.length < nameWindow) return;
          after = names.at(-1)!;
        }
      } finally {
        stopReading(folder);
      }
    },

    async count(folder) {
      let measurements = 0;
      let bytes = 0;
      const hour = openHour(folder);
      if (hour === undefined) return { measurements, bytes };
      try {
        for await (const name of posts(folder)) {
          const found = hour.look(name);
          if (found === undefined) continue;
          measurements++;
          bytes += found.size;
        }
      } finally {
        hour.close();
      }
      return { measurements, bytes };
    },

    read(folder, name, largestBytes, place = Buffer.allocUnsafeSlow) {
      try {
        const hour = readingFrom(folder);
        if (hour === undefined) return { kind: 'gone' };
        const opened = hour.open(name);
        if (opened.kind === 'missing') return { kind: 'gone' };
        if (opened.kind === 'foreign') return opened;
        try {
          const { fd, sizeBytes } = opened;
          return sizeBytes > largestBytes
            ? { kind: 'larger', sizeBytes }
            : { kind: 'file', bytes: readInto(place(sizeBytes), fd) };
        } finally {
          closeSync(opened.fd);
        }
      } catch (error) {
        if (error instanceof FolderTrouble) throw error;
        throw new FolderTrouble(pathOf(folder, name), error);
      }
    },

    quarantineCopy: (uid, reason, post) => quarantine.keep(uid, reason, post),

    async quarantineAway(folder, name, reason) {
      try {
        const hour = openHour(folder);
        if (hour === undefined) return name;
        try {
          return await quarantine.moveIn(hour, name, reason);
        } finally {
          hour.close();
        }
      } catch (error) {
        if (error instanceof FolderTrouble) throw error;
        throw new FolderTrouble(pathOf(folder, name), error);
      }
    },

    async quarantineStrangers() {
      const moved: { name: string; reason: string }[] = [];
      for (const { entry } of await hourEntries()) {
        if (entry.isDirectory()) continue;
        const incoming = openSpoolFolder(spoolDir, 'incoming');
        try {
          incoming.into(entry.name).close();
        } catch (error) {
          if (!(error instanceof Foreign)) continue;
          const reason = `${error.message}, where a folder of measurements was expected`;
          await quarantine.moveIn(incoming, entry.name, reason);
          moved.push({ name: entry.name, reason });
        } finally {
          incoming.close();
        }
      }
      return moved;
    },

    async clear(folder, uids, deleted = () => {}) {
      const hour = openHour(folder);
      if (hour === undefined) return;
      let names: string[] = [];
      const take = async () => {
        const [refused] = await unlinker.unlink(hour.self, names);
        if (refused !== undefined)
          throw new FolderTrouble(pathOf(folder, refused.name), refused.error);
        names = [];
        await deleted();
      };
      try {
        for await (const uid of uids) {
          const name = uid + POST_SUFFIX;
          if (uidOfFileName(name) === undefined) throw new Error(`not a measurement uid: ${uid}`);
          names.push(name);
          if (names.length >= DELETED_AT_ONCE) await take();
        }
        if (names.length > 0) await take();
        // A measurement that came back after a power cut would be published twice.
        await hour.sync().catch((error) => {
          throw new FolderTrouble(pathOf(folder), error);
        });
      } finally {
        hour.close();
      }
      try {
        inIncoming((incoming) => incoming.rmdir(folder.name));
        await directories.sync(join(spoolDir, 'incoming'));
      } catch (error) {
        // Late measurements are in it: the next run's. Or it went in an earlier try.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'ENOENT')
          throw new FolderTrouble(pathOf(folder), error);
      }
    },
  };
}

/** Fills the memory with a file from its start; gives less of it where the file has become shorter. */
function readInto(memory: Buffer, fd: number): Buffer {
  let filled = 0;
  while (filled < memory.length) {
    const bytesRead = readSync(fd, memory, filled, memory.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return memory.subarray(0, filled);
}
