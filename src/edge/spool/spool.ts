/**
 * The spool: the queue of record on disk (docs/architecture.md, "The spool").
 *
 * accept() is the promise behind a 200: temp file, fdatasync, two hard links, fsync of the folders.
 * Stopping at any point before its end leaves either nothing a reader looks at, or a complete
 * measurement that was not answered with 200. A name that is there is never replaced or removed: it
 * may be the promise of somebody else.
 */
import { randomBytes } from 'node:crypto';
import fs, { closeSync, fstatSync, type Stats } from 'node:fs';
import { link, lstat, mkdir, opendir, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import {
  incomingPath,
  POST_SUFFIX,
  pendingPath,
  SPOOL_FOLDERS,
  uidOfFileName,
} from '../../core/measurement/spoolPaths.ts';
import { attemptsFile } from './attempts.ts';
import { makeDirectorySync } from './directorySync.ts';
import { isMissing, unlinkIfThere } from './files.ts';
import { openQuarantine } from './quarantine.ts';

const openFile = promisify(fs.open);
const writeAll = promisify(fs.writeFile);
const datasync = promisify(fs.fdatasync);

export type Accepted =
  | 'stored'
  /** The spool has a measurement of this uid, and it is as it was: try with another one. */
  | 'uid_taken';

export interface Spool {
  readonly dir: string;
  /** Stores an envelope durably. Throws when it could not; then nothing of it is left. */
  accept(uid: MeasurementUid, envelope: Uint8Array): Promise<Accepted>;
  /** The stored envelope, or undefined when it is not (or no longer) here. */
  read(uid: MeasurementUid): Promise<Buffer | undefined>;
  /** Uids in `pending/`, in no order, read as they are asked for. */
  pending(): AsyncGenerator<MeasurementUid>;
  /** Path of a pending measurement. */
  pendingFile(uid: string): string;
  /** Takes a scored measurement out of `pending/`; fine when it is gone already. */
  unlinkPending(uid: string): Promise<void>;
  /** Moves a pending measurement to `quarantine/`, with the reason beside it. */
  quarantinePending(uid: string, reason: string): Promise<void>;
}

/** Opens the spool and makes its folders where they are missing. */
export async function openSpool(dir: string): Promise<Spool> {
  for (const folder of SPOOL_FOLDERS) await mkdir(join(dir, folder), { recursive: true });
  const folders = makeDirectorySync();
  const quarantine = openQuarantine(dir);
  const pendingDir = join(dir, 'pending');
  const incomingDir = join(dir, 'incoming');

  /** Makes names of temporary files different from those of all other processes and calls. */
  const ownName = randomBytes(6).toString('hex');
  let temporaries = 0;

  // Plain file descriptors: a FileHandle's bookkeeping costs as much as its calls.
  const writeTemporary = async (file: string, bytes: Uint8Array): Promise<Stats> => {
    const fd = await openFile(file, 'wx', 0o640);
    try {
      await writeAll(fd, bytes);
      await datasync(fd);
      return fstatSync(fd);
    } finally {
      // Nothing is left to wait for; what could fail has failed at the sync.
      closeSync(fd);
    }
  };

  return {
    dir,

    async accept(uid, envelope) {
      const file = join(dir, incomingPath(uid));
      const folder = dirname(file);
      const temporary = join(folder, `${uid.text}.${ownName}-${temporaries++}.post.tmp`);
      const pendingFile = join(dir, pendingPath(uid.text));
      // Links that are this call's own, in the order in which they are taken back: pending/ first,
      // so that the scorer does not take it up meanwhile.
      const linked: string[] = [];
      let written: Stats | undefined;
      try {
        try {
          written = await writeTemporary(temporary, envelope);
        } catch (error) {
          if (!isMissing(error)) throw error;
          await mkdir(folder, { recursive: true });
          written = await writeTemporary(temporary, envelope);
        }
        for (const name of [file, pendingFile]) {
          await link(temporary, name);
          linked.unshift(name);
        }
        await Promise.all([
          // One that stays costs no more than its name: housekeeping removes it.
          unlink(temporary).catch(() => {}),
          folders.sync(folder),
          folders.sync(pendingDir),
          // Whoever made the hour's folder may not have come to this yet; it is nearly free when clean.
          folders.sync(incomingDir),
        ]);
        return 'stored';
      } catch (error) {
        // The probe keeps its copy and will send it again: leave nothing that would be a second one.
        for (const name of linked) await unlinkIfSame(name, written!).catch(() => {});
        await unlink(temporary).catch(() => {});
        const { code, syscall } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST' && syscall === 'link') return 'uid_taken';
        throw error;
      }
    },

    async read(uid) {
      try {
        return await readFile(join(dir, incomingPath(uid)));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    async *pending() {
      for await (const entry of await opendir(pendingDir, { bufferSize: 512 })) {
        const uid = uidOfFileName(entry.name);
        if (uid !== undefined) yield uid;
      }
    },

    pendingFile: (uid) => join(dir, pendingPath(uid)),

    async unlinkPending(uid) {
      await unlinkIfThere(join(dir, pendingPath(uid)));
    },

    async quarantinePending(uid, reason) {
      const pendingFile = join(dir, pendingPath(uid));
      // Without room for a reason (the log has it too) the measurement must leave all the same.
      const reasonKept = await quarantine.reason(uid, reason).then(
        () => true,
        () => false,
      );
      try {
        await quarantine.moveIn(pendingFile, uid + POST_SUFFIX);
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Gone before: a reason says nothing without its measurement.
        if (reasonKept && !(await quarantine.has(uid + POST_SUFFIX)))
          await quarantine.forgetReason(uid);
      }
      // rename() between two links to the same file does nothing.
      await unlinkIfThere(pendingFile);
      await unlinkIfThere(attemptsFile(pendingFile));
      await Promise.all([folders.sync(join(dir, 'quarantine')), folders.sync(pendingDir)]);
    },
  };
}

/** Removes a name of this file, and no other file that has the name by now. */
async function unlinkIfSame(name: string, { dev, ino }: Stats): Promise<void> {
  const found = await lstat(name);
  if (found.dev === dev && found.ino === ino) await unlink(name);
}
