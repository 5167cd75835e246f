/**
 * `quarantine/`: what could not be parsed or scored, each with its reason beside it.
 *
 * A measurement lies here as `<uid>.post.gz`, a copy: it is in `incoming/` or in the archive as well,
 * so that the folder may be bounded. What is nowhere else (a file that is not a measurement of ours)
 * is moved here as it is, and stays until an operator takes it away; copies go some time after they
 * are published (quarantineAge.ts). Releases before wrote `<uid>.post`; that is read as well.
 *
 * Two users write here, often about the same measurement, and neither may open a file of the other
 * for writing. So every file is written under a name of its own and then renamed over what is there;
 * all steps can be repeated.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { makeTurns } from '../../core/async/turns.ts';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { sha256Hex } from '../../core/text/sha256.ts';
import { type Folder, openSpoolFolder } from './doors.ts';
import { BLOCK_BYTES, makeQuarantineSpace } from './quarantineSpace.ts';

export const KEPT_SUFFIX = `${POST_SUFFIX}.gz`;
export const REASON_SUFFIX = '.reason';
/** Of a file that is being written, or that a crash left. */
export const TEMPORARY = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

export interface Quarantine {
  /**
   * Keeps a compressed copy with its reason. `full`: there is no room, nothing was kept. `onlyCopy`:
   * it is nowhere else, and kept however full the folder is.
   */
  keep(
    uid: string,
    reason: string,
    post: Uint8Array | { readonly fd: number },
    options?: { readonly onlyCopy: boolean },
  ): Promise<'kept' | 'full'>;
  /** Moves here, as it is, what is not a measurement of ours. Gives the name that it has here. */
  moveIn(from: Folder, name: string, reason: string): Promise<string>;
}

/** Longer ones leave no room for what is put behind them. */
const MAX_NAME_BYTES = 200;

class Full extends Error {}

/** `maxBytes`: of the disk, for all that is here. */
export function openQuarantine(spoolDir: string, maxBytes: number): Quarantine {
  const space = makeQuarantineSpace(spoolDir, maxBytes);
  const moves = makeTurns();

  const inFolder = async <Result>(work: (folder: Folder) => Result | Promise<Result>) => {
    const folder = openSpoolFolder(spoolDir, 'quarantine');
    try {
      return await work(folder);
    } finally {
      folder.close();
    }
  };

  /** Writes a file whole, or leaves nothing. */
  const put = async (folder: Folder, name: string, write: (fd: number) => unknown) => {
    const temporary = `.${randomUUID()}.tmp`;
    const fd = folder.create(temporary);
    try {
      try {
        await write(fd);
      } finally {
        closeSync(fd);
      }
      folder.rename(temporary, folder, name);
    } catch (error) {
      folder.unlink(temporary);
      throw error;
    }
  };
  const putReason = (folder: Folder, name: string, reason: string) =>
    put(folder, name + REASON_SUFFIX, (fd) => writeFileSync(fd, `${reason}\n`));

  return {
    keep: (uid, reason, post, options = { onlyCopy: false }) =>
      inFolder(async (folder) => {
        const leftBytes = options.onlyCopy ? Number.POSITIVE_INFINITY : await space.left();
        if (leftBytes < 2 * BLOCK_BYTES) return 'full';
        // The reason first, so that nothing is ever here without one.
        const isNew = folder.look(uid + REASON_SUFFIX) === undefined;
        await putReason(folder, uid, reason);
        space.take(BLOCK_BYTES);
        if (folder.look(uid + KEPT_SUFFIX)?.isFile()) return 'kept';
        let written = 0;
        const count = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            written += chunk.length;
            done(written > leftBytes - BLOCK_BYTES ? new Full() : null, chunk);
          },
        });
        try {
          await put(folder, uid + KEPT_SUFFIX, (fd) =>
            pipeline(
              'fd' in post
                ? createReadStream('', { fd: post.fd, autoClose: false, start: 0 })
                : Readable.from([post]),
              createGzip(),
              count,
              createWriteStream('', { fd, autoClose: false }),
            ),
          );
        } catch (error) {
          // A reason says nothing without its measurement.
          if (isNew) folder.unlink(uid + REASON_SUFFIX);
          if (error instanceof Full) return 'full';
          throw error;
        }
        space.take(Math.ceil(written / BLOCK_BYTES) * BLOCK_BYTES);
        return 'kept';
      }),

    async moveIn(from, name, reason) {
      // Between the look for a free name and its use nobody else may take it.
      const end = await moves.take();
      try {
        return await inFolder(async (folder) => {
          const here = freeName(folder, from, name);
          // Without room for a reason (the log has it too) it must leave all the same.
          await putReason(folder, here, reason).catch(() => {});
          from.rename(name, folder, here);
          return here;
        });
      } finally {
        end();
      }
    },
  };
}

/** Nothing that is here is overwritten. */
function freeName(folder: Folder, from: Folder, name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES && folder.look(name) === undefined) return name;
  const hash = sha256Hex(`${from.path}/${name}\0${randomUUID()}`);
  return `${hash.slice(0, 32)}${POST_SUFFIX}`;
}
