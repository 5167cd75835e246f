/**
 * What grew old in `quarantine/`, for the uploader to take away once it is published
 * (docs/operate.md, "Who may delete what"). This looks and deletes; what is published, its caller knows.
 *
 * Only a regular file under a measurement's own name counts, and only if its bytes are those of that
 * measurement: a uid ends with the hash of what was stored. All else is left to an operator.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, type Stats } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import {
  type MeasurementUid,
  parseMeasurementUid,
  storedHash,
} from '../../core/measurement/measurementUid.ts';
import { MAX_POST_BYTES } from '../../core/measurement/sizes.ts';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { type Folder, openSpoolFolder } from './doors.ts';
import { KEPT_SUFFIX, REASON_SUFFIX, TEMPORARY } from './quarantine.ts';

export interface OldCopy {
  readonly uid: MeasurementUid;
  readonly name: string;
  /** Of the disk, with its reason. */
  readonly bytes: number;
}

export interface QuarantineAge {
  /** Copies that are here, as they are, since before a moment (milliseconds since 1970); at most `limit`. */
  oldCopies(beforeMs: number, limit: number): Promise<OldCopy[]>;
  /** Are its bytes those that were stored as this measurement? Gives how many were read, too. */
  check(copy: OldCopy): Promise<{ readonly same: boolean; readonly bytes: number }>;
  /** Deletes a copy, then its reason. Can be repeated. */
  remove(copy: OldCopy): Promise<void>;
  /**
   * Deletes temporaries that a crash left before a moment, and reasons from before another whose copy is
   * gone. Gives how many.
   */
  sweep(beforeMs: number, reasonsBeforeMs: number): Promise<number>;
  /** Resolves when what was deleted is gone from disk. */
  sync(): Promise<void>;
}

/** Of `st_blocks`. */
const SECTOR_BYTES = 512;

export function openQuarantineAge(spoolDir: string): QuarantineAge {
  const inFolder = async <Result>(work: (folder: Folder) => Result | Promise<Result>) => {
    const folder = openSpoolFolder(spoolDir, 'quarantine');
    try {
      return await work(folder);
    } finally {
      folder.close();
    }
  };
  return {
    oldCopies: (beforeMs, limit) =>
      inFolder(async (folder) => {
        const copies: OldCopy[] = [];
        for await (const { name } of folder.entries()) {
          const uid = uidOfCopy(name);
          if (uid === undefined) continue;
          const found = folder.look(name);
          if (found === undefined || !isOld(found, beforeMs)) continue;
          const reason = folder.look(reasonOf(name));
          // Quarantined again since: that is news to an operator.
          if (reason !== undefined && !isOld(reason, beforeMs)) continue;
          const bytes = (found.blocks + (reason?.blocks ?? 0)) * SECTOR_BYTES;
          copies.push({ uid, name, bytes });
          if (copies.length >= limit) break;
        }
        return copies;
      }),

    check: ({ uid, name }) =>
      inFolder(async (folder) => {
        const opened = folder.open(name);
        if (opened.kind !== 'file') return { same: false, bytes: 0 };
        const hash = createHash('sha512');
        let bytes = 0;
        const take = new Writable({
          write(chunk: Buffer, _encoding, done) {
            bytes += chunk.length;
            hash.update(chunk);
            done(bytes > MAX_POST_BYTES ? new NotACopy() : null);
          },
        });
        try {
          const file = createReadStream('', { fd: opened.fd, autoClose: false, start: 0 });
          if (name.endsWith(KEPT_SUFFIX)) await pipeline(file, createGunzip(), take);
          else await pipeline(file, take);
        } catch (error) {
          if (!(error instanceof NotACopy) && !isBadGzip(error)) throw error;
          return { same: false, bytes };
        } finally {
          closeSync(opened.fd);
        }
        return { same: storedHash(hash) === uid.text.slice(-16), bytes };
      }),

    remove: ({ name }) =>
      inFolder((folder) => {
        folder.unlink(name);
        folder.unlink(reasonOf(name));
      }),

    sweep: (beforeMs, reasonsBeforeMs) =>
      inFolder(async (folder) => {
        let swept = 0;
        for await (const { name } of folder.entries()) {
          const isTemporary = TEMPORARY.test(name);
          if (!isTemporary && !isLoneReason(folder, name)) continue;
          const found = folder.look(name);
          if (found === undefined || !isOld(found, isTemporary ? beforeMs : reasonsBeforeMs))
            continue;
          folder.unlink(name);
          swept++;
        }
        return swept;
      }),

    sync: () => inFolder((folder) => folder.sync()),
  };
}

class NotACopy extends Error {}

function isBadGzip(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code?.startsWith('Z_') === true;
}

/** `<uid>.post.gz`, and `<uid>.post` of releases before. */
function uidOfCopy(name: string): MeasurementUid | undefined {
  for (const suffix of [KEPT_SUFFIX, POST_SUFFIX])
    if (name.endsWith(suffix)) return parseMeasurementUid(name.slice(0, -suffix.length));
  return undefined;
}

function reasonOf(name: string): string {
  return (name.endsWith(KEPT_SUFFIX) ? name.slice(0, -KEPT_SUFFIX.length) : name) + REASON_SUFFIX;
}

/** A stop between the two files of an entry leaves a reason that says nothing. */
function isLoneReason(folder: Folder, name: string): boolean {
  if (!name.endsWith(REASON_SUFFIX)) return false;
  const of = name.slice(0, -REASON_SUFFIX.length);
  const copy = of.endsWith(POST_SUFFIX) ? of : of + KEPT_SUFFIX;
  return uidOfCopy(copy) !== undefined && folder.look(copy) === undefined;
}

/** Since when it is here, whatever times it came with. */
function isOld(found: Stats, beforeMs: number): boolean {
  return found.isFile() && found.ctimeMs < beforeMs;
}
