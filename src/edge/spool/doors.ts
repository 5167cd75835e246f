/**
 * The spool's doors: the one way in which a program touches a file of the spool that another user may
 * have put there (docs/security.md).
 *
 * A folder is opened first, and everything in it is named relative to the opened folder: whatever is
 * put into the place of its path meanwhile is not looked at. No link is followed, and only a regular
 * file of the folder's own disk is read: a pipe would hold the reader up for ever, and a second name
 * of a file that belongs to the reader would publish what it alone may read.
 *
 * Node has no openat(2). A name below /proc/self/fd/N is the same on Linux: the kernel starts at the
 * open folder. It needs nothing of /proc but the process itself (ProcSubset=pid, ProtectProc=).
 */
import {
  closeSync,
  constants,
  type Dirent,
  existsSync,
  fstatSync,
  fsync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SPOOL_FOLDERS } from '../../core/measurement/spoolPaths.ts';
import { isMissing } from '../../disk/missing.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

const syncFile = promisify(fsync);

/** No other user but those of the group may read it, and nobody but its owner may write. */
export const SPOOL_FILE_MODE = 0o640;

export type Opened =
  /** The caller closes it. `names`: how many the file has. */
  | {
      readonly kind: 'file';
      readonly fd: number;
      readonly sizeBytes: number;
      readonly names: number;
    }
  | { readonly kind: 'missing' }
  /** Not put there by a program of ours. `what` it is: "a symbolic link". */
  | { readonly kind: 'foreign'; readonly what: string };

/** Names are those of entries: no `/`, neither `.` nor `..`. */
export interface Folder {
  /** For messages. */
  readonly path: string;
  /** Path of this very folder, good for as long as it is open. */
  readonly self: string;
  /** Path of an entry, good for as long as the folder is open. Whoever opens it follows no link. */
  at(name: string): string;
  /** Opens a file to be read. Throws what the disk says. */
  open(name: string): Opened;
  /** Makes a file that was not there, to be written. Throws EEXIST whatever has the name. */
  create(name: string): number;
  /** A folder in it. Throws Foreign where it is none, ENOENT where nothing is. */
  into(name: string): Folder;
  /** Makes a folder in it; fine when something has the name already. */
  mkdir(name: string): void;
  /** Is this the folder that has the path, now? */
  isAt(path: string): boolean;
  /** What has the name, itself: never what it points to. */
  look(name: string): Stats | undefined;
  entries(): AsyncGenerator<Dirent>;
  rename(name: string, to: Folder, toName: string): void;
  /** Fine when it is gone already. */
  unlink(name: string): void;
  rmdir(name: string): void;
  /** Resolves when all that happened in it before is on disk. */
  sync(): Promise<void>;
  close(): void;
}

/** What stands where a folder or a file of our own was expected. */
export class Foreign extends Error {
  override readonly name = 'Foreign';
  readonly code = 'OONI_FOREIGN';
}

/** Opens a folder of the spool, which lies where only root can replace it. Throws what the disk says. */
export function openSpoolFolder(spoolDir: string, folder: (typeof SPOOL_FOLDERS)[number]): Folder {
  // Measurements are ooni-api's, to whom incoming/ belongs: a file of the reader's own was not stored
  // by it. Where one user does everything there is nothing to be told apart.
  const ownIsForeign = statSync(join(spoolDir, 'incoming')).uid !== process.geteuid?.();
  return openFolder(join(spoolDir, folder), join(spoolDir, folder), ownIsForeign);
}

function openFolder(place: string, path: string, ownIsForeign: boolean, device?: number): Folder {
  const fd = openDirectory(place, path, device === undefined);
  const { dev, ino } = fstatSync(fd);
  if (device !== undefined && dev !== device) {
    closeSync(fd);
    throw new Foreign(`${path} is on another disk`);
  }
  requireProc(fd);
  const at = (name: string): string => {
    if (name === '' || name === '.' || name === '..' || name.includes('/'))
      throw new Error(`not the name of an entry: ${JSON.stringify(name)}`);
    return `/proc/self/fd/${fd}/${name}`;
  };

  const foreignness = (found: Stats): string | undefined => {
    if (!found.isFile()) return kindOf(found);
    if (found.dev !== dev) return 'a file of another disk';
    if (ownIsForeign && found.nlink > 1 && found.uid === process.geteuid?.())
      return 'another name of a file that belongs to the user who reads it';
    return undefined;
  };

  /** Errors name the folder as an operator knows it. */
  const told = <Result>(step: () => Result): Result => {
    try {
      return step();
    } catch (error) {
      if (error instanceof Error)
        error.message = error.message.replaceAll(`/proc/self/fd/${fd}/`, `${path}/`);
      throw error;
    }
  };

  return {
    path,
    // The link of /proc is not the last of its names: who follows none there can open it.
    self: `/proc/self/fd/${fd}/.`,
    at,

    open: (name) =>
      told(() => {
        let file: number;
        try {
          file = openSync(at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        } catch (error) {
          if (isMissing(error)) return { kind: 'missing' };
          // A link, or a socket: which one, its entry says.
          const found = lstatSync(at(name), { throwIfNoEntry: false });
          if (found === undefined || found.isFile()) throw error;
          return { kind: 'foreign', what: kindOf(found) };
        }
        const found = fstatSync(file);
        const what = foreignness(found);
        if (what === undefined)
          return { kind: 'file', fd: file, sizeBytes: found.size, names: found.nlink };
        closeSync(file);
        return { kind: 'foreign', what };
      }),

    create: (name) =>
      told(() => openSync(at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, SPOOL_FILE_MODE)),
    into: (name) => openFolder(at(name), join(path, name), ownIsForeign, dev),
    mkdir: (name) =>
      told(() => {
        try {
          mkdirSync(at(name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      }),
    isAt(place) {
      const found = lstatSync(place, { throwIfNoEntry: false });
      return found !== undefined && found.ino === ino && found.dev === dev;
    },
    look: (name) => lstatSync(at(name), { throwIfNoEntry: false }),

    async *entries() {
      // A descriptor of its own, so that this folder may be closed meanwhile.
      yield* await opendir(`/proc/self/fd/${fd}`, { bufferSize: 512 });
    },

    rename: (name, to, toName) => told(() => renameSync(at(name), to.at(toName))),

    unlink: (name) =>
      told(() => {
        try {
          unlinkSync(at(name));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }),

    rmdir: (name) => told(() => rmdirSync(at(name))),
    sync: () => syncFile(fd),
    close: () => closeSync(fd),
  };
}

function openDirectory(place: string, path: string, top: boolean): number {
  try {
    return openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (top || (code !== 'ENOTDIR' && code !== 'ELOOP')) throw error;
    const found = lstatSync(place, { throwIfNoEntry: false });
    throw new Foreign(`${path} is ${found === undefined ? 'no folder' : kindOf(found)}`, {
      cause: error,
    });
  }
}

let procIsThere = false;

/** Without it every name would look as if nothing had it. */
function requireProc(fd: number): void {
  procIsThere ||= existsSync(`/proc/self/fd/${fd}`);
  if (!procIsThere) throw new Error('/proc is not mounted: mount it, the spool cannot be used');
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  return found.isFile() ? 'a file' : 'a device';
}
