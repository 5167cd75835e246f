/**
 * Memory of what was submitted, so that a repeated submission gets the first answer again
 * (contract, probe-services 9.18). One symbolic link per submission: made atomically with its text,
 * and it needs no data block.
 *
 * A link is made only after the measurement is durable: a crash in between costs a duplicate, never
 * a measurement.
 */
import { lstatSync } from 'node:fs';
import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './files.ts';

export interface FirstAnswer {
  readonly measurementUid: string;
  readonly reportId: string;
}

export interface Seen {
  /** The first answer to a submission with this key (64 hex digits), not older than a day. */
  find(key: string, nowMs: number): Promise<FirstAnswer | undefined>;
  remember(key: string, answer: FirstAnswer, nowMs: number): Promise<void>;
  /** Drops what is no longer looked at. */
  expire(nowMs: number): Promise<void>;
}

const DAY_MS = 86_400_000;

export function openSeen(spoolDir: string): Seen {
  const root = join(spoolDir, 'seen');
  const folder = (nowMs: number) =>
    join(root, new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', ''));
  const read = async (file: string): Promise<FirstAnswer | undefined> => {
    // Nearly always the answer is no, from a folder that is in memory because every submission asks:
    // microseconds at once, where a turn through the thread pool costs more than the rest of the search.
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    try {
      const [measurementUid, reportId] = (await readlink(file)).split('/');
      return measurementUid && reportId ? { measurementUid, reportId } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  return {
    async find(key, nowMs) {
      return (
        (await read(join(folder(nowMs), key))) ?? (await read(join(folder(nowMs - DAY_MS), key)))
      );
    },
    async remember(key, answer, nowMs) {
      const file = join(folder(nowMs), key);
      const make = () => symlink(`${answer.measurementUid}/${answer.reportId}`, file);
      try {
        await make();
      } catch (error) {
        if (isMissing(error)) {
          await mkdir(folder(nowMs), { recursive: true });
          await make();
        } else if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          throw error;
        }
      }
    },
    async expire(nowMs) {
      const keep = new Set([folder(nowMs + DAY_MS), folder(nowMs), folder(nowMs - DAY_MS)]);
      for (const name of await readdir(root)) {
        const path = join(root, name);
        if (/^\d{8}$/.test(name) && !keep.has(path)) await rm(path, { recursive: true });
      }
    },
  };
}
