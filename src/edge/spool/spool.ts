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
import { link, lstat, mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import {
  hourFolderName,
  POST_SUFFIX,
  pendingPath,
  SPOOL_FOLDERS,
  uidOfFileName,
} from '../../core/measurement/spoolPaths.ts';
import { makeDirectorySync } from '../../disk/directorySync.ts';
import { isMissing } from '../../disk/missing.ts';
import { forgetAttempts } from './attempts.ts';
import { type Folder, Foreign, type Opened, openSpoolFolder } from './doors.ts';
import { openQuarantine } from './quarantine.ts';
import { openReferenceUnlinker } from './unlink/reference.ts';
import type { Unlinker } from './unlink/unlinker.ts';

const openFile = promisify(fs.open);
const writeAll = promisify(fs.writeFile);
const datasync = promisify(fs.fdatasync);
const readAll = promisify(fs.readFile) as (fd: number) => Promise<Buffer>;

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
  /**
   * Takes scored measurements out of `pending/`; fine when they are gone already. Gives those that the disk did not let
   * go; the others are gone.
   */
  unlinkPending(uids: readonly string[]): Promise<readonly RefusedUid[]>;
  /**
   * Moves a pending measurement to `quarantine/`, with the reason beside it. `full`: it left
   * `pending/` without a copy, which there is no room for; `incoming/` has it.
   */
  quarantinePending(uid: string, reason: string): Promise<'kept' | 'full'>;
}

export interface RefusedUid {
  readonly uid: string;
  readonly error: NodeJS.ErrnoException;
}

/** Opens the spool and makes its folders where they are missing. `unlinker`: what takes measurements out of `pending/`. */
export async function openSpool(
  dir: string,
  quarantineMaxBytes: number = Number.POSITIVE_INFINITY,
  unlinker: Unlinker = openReferenceUnlinker(),
): Promise<Spool> {
  for (const folder of SPOOL_FOLDERS) await mkdir(join(dir, folder), { recursive: true });
  const folders = makeDirectorySync();
  const quarantine = openQuarantine(dir, quarantineMaxBytes);
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

  /** The folder of a measurement's hour, made where it is missing. Throws Foreign for a link. */
  const openHourToAdd = (uid: MeasurementUid): Folder => {
    const name = hourFolderName(uid);
    const incoming = openSpoolFolder(dir, 'incoming');
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return incoming.into(name);
        } catch (error) {
          // Emptied and taken away by the uploader between the two: once more.
          if (!isMissing(error) || attempt === 2) throw error;
          incoming.mkdir(name);
        }
      }
    } finally {
      incoming.close();
    }
  };

  /** What other users put there is not followed, and as good as not there. */
  const openIncoming = (uid: MeasurementUid): Opened => {
    const incoming = openSpoolFolder(dir, 'incoming');
    try {
      const hour = incoming.into(hourFolderName(uid));
      try {
        return hour.open(uid.text + POST_SUFFIX);
      } finally {
        hour.close();
      }
    } catch (error) {
      if (isMissing(error) || error instanceof Foreign) return { kind: 'missing' };
      throw error;
    } finally {
      incoming.close();
    }
  };

  const quarantineFrom = async (pending: Folder, name: string, uid: string, reason: string) => {
    const opened = pending.open(name);
    if (opened.kind === 'missing') return 'kept';
    if (opened.kind === 'file') {
      try {
        return await quarantine.keep(uid, reason, opened, { onlyCopy: opened.names === 1 });
      } catch {
        // No room for a copy, or something in its way: the measurement must leave all the same.
      } finally {
        closeSync(opened.fd);
      }
    }
    await quarantine.moveIn(pending, name, reason);
    return 'kept';
  };

  return {
    dir,

    async accept(uid, envelope) {
      const hour = openHourToAdd(uid);
      const file = hour.at(uid.text + POST_SUFFIX);
      const temporary = hour.at(`${uid.text}.${ownName}-${temporaries++}.post.tmp`);
      const pendingFile = join(dir, pendingPath(uid.text));
      // Links that are this call's own, in the order in which they are taken back: pending/ first,
      // so that the scorer does not take it up meanwhile.
      const linked: string[] = [];
      let written: Stats | undefined;
      try {
        written = await writeTemporary(temporary, envelope);
        for (const name of [file, pendingFile]) {
          await link(temporary, name);
          linked.unshift(name);
        }
        await Promise.all([
          // One that stays costs no more than its name: housekeeping removes it.
          unlink(temporary).catch(() => {}),
          folders.sync(hour.path),
          folders.sync(pendingDir),
          // Whoever made the hour's folder may not have come to this yet; it is nearly free when clean.
          folders.sync(incomingDir),
        ]);
        // What was synced is what was written to: nothing was put into its place meanwhile.
        if (!hour.isAt(hour.path)) throw new Foreign(`${hour.path} was replaced`);
        return 'stored';
      } catch (error) {
        // The probe keeps its copy and will send it again: leave nothing that would be a second one.
        for (const name of linked) await unlinkIfSame(name, written!).catch(() => {});
        await unlink(temporary).catch(() => {});
        const { code, syscall } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST' && syscall === 'link') return 'uid_taken';
        throw error;
      } finally {
        hour.close();
      }
    },

    async read(uid) {
      const opened = openIncoming(uid);
      if (opened.kind !== 'file') return undefined;
      try {
        return await readAll(opened.fd);
      } finally {
        closeSync(opened.fd);
      }
    },

    async *pending() {
      const folder = openSpoolFolder(dir, 'pending');
      try {
        for await (const entry of folder.entries()) {
          const uid = uidOfFileName(entry.name);
          if (uid !== undefined) yield uid;
        }
      } finally {
        folder.close();
      }
    },

    pendingFile: (uid) => join(dir, pendingPath(uid)),

    async unlinkPending(uids) {
      const refused = await unlinker.unlink(
        pendingDir,
        uids.map((uid) => uid + POST_SUFFIX),
      );
      return refused.map(({ name, error }) => ({
        uid: name.slice(0, -POST_SUFFIX.length),
        error,
      }));
    },

    async quarantinePending(uid, reason) {
      const name = uid + POST_SUFFIX;
      const pending = openSpoolFolder(dir, 'pending');
      try {
        const kept = await quarantineFrom(pending, name, uid, reason);
        pending.unlink(name);
        forgetAttempts(join(dir, pendingPath(uid)));
        await Promise.all([folders.sync(join(dir, 'quarantine')), folders.sync(pendingDir)]);
        return kept;
      } finally {
        pending.close();
      }
    },
  };
}

/** Removes a name of this file, and no other file that has the name by now. */
async function unlinkIfSame(name: string, { dev, ino }: Stats): Promise<void> {
  const found = await lstat(name);
  if (found.dev === dev && found.ino === ino) await unlink(name);
}
