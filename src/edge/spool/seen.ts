/**
 * Memory of what was submitted, so that a repeated submission gets the first answer again
 * (protocol, probes 9.18). One symbolic link per submission, made atomically with its text:
 * `<uid>/<report_id>/<owner>`.
 *
 * A submission is claimed before it is stored (`claims/<key>`: one of several equal ones at the same
 * instant gets it, in whichever process) and moved to its day when it is durable. So what is found in
 * a day is on disk, a claim promises nothing, and a crash in between costs a duplicate, never a
 * measurement. Only its owner takes a claim away, or, once the owner runs no more, the one process
 * that keeps house: nobody can take away a claim that another has just made.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { lstat, mkdir, readdir, readlink, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '../../core/time/days.ts';
import { dayName } from '../../core/time/hours.ts';
import { removeLargeFolder } from '../../disk/largeFolder.ts';
import { isMissing, unlinkIfThere } from '../../disk/missing.ts';
import { isRunning, processTag } from './processTag.ts';

export interface FirstAnswer {
  readonly measurementUid: string;
  readonly reportId: string;
}

/** The right to store a submission: nobody else has it until it is used or given back. */
export interface Claim {
  /** It is durable: remembers the answer. */
  remember(nowMs: number): Promise<void>;
  /** Nothing was stored. */
  release(): Promise<void>;
}

export interface Seen {
  /** The first answer to a submission with this key (64 hex digits), not older than a day. */
  find(key: string, nowMs: number): Promise<FirstAnswer | undefined>;
  /** Claims a key, for a caller who asks for each once at a time. undefined: another has it. */
  claim(key: string, answer: FirstAnswer): Promise<Claim | undefined>;
  /** What a link says of an answer and of this owner. */
  textOf(answer: FirstAnswer): string;
  /**
   * Takes away a claim of our own that the caller does not know of, because the disk refused to give it
   * back. false: there is none, or another's.
   */
  takeBackOwn(key: string): Promise<boolean>;
  /** Whether somebody claims the key. */
  isClaimed(key: string): boolean;
  /** Remembers an answer without a claim. */
  remember(key: string, answer: FirstAnswer, nowMs: number): Promise<void>;
  /** Drops what is no longer looked at. */
  expire(nowMs: number): Promise<void>;
  /** Drops claims of processes that have ended, and returns how many. For one process alone. */
  dropLeftClaims(nowMs: number): Promise<number>;
}

/** No submission takes that long: the claim of a process that runs and lost track of it, or looks like
 * its owner after a boot. */
const STALE_CLAIM_MS = 3_600_000;

/** Names of the folders in which an answer may be, today's first. */
export function daysLookedAt(
  nowMs: number,
): readonly [today: string, before: string, after: string] {
  const day = Math.floor(nowMs / DAY_MS);
  // Tomorrow too: the clock may have been set back over midnight.
  if (day !== lastLooked.day)
    lastLooked = { day, names: [dayName(nowMs), dayName(nowMs - DAY_MS), dayName(nowMs + DAY_MS)] };
  return lastLooked.names;
}

/** Asked with every submission, and the same all day. */
let lastLooked: { readonly day: number; readonly names: readonly [string, string, string] } = {
  day: Number.NaN,
  names: ['', '', ''],
};

export function openSeen(spoolDir: string): Seen {
  const root = join(spoolDir, 'seen');
  const claims = join(root, 'claims');
  const owner = `${processTag()}.${randomBytes(4).toString('hex')}`;
  const folder = (nowMs: number) => join(root, dayName(nowMs));

  // Nearly always the answer is no, from a folder that is in memory because every submission asks:
  // microseconds at once, where a turn through the thread pool costs more than the rest of the search.
  const isThere = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

  const textOf = async (file: string): Promise<string[] | undefined> => {
    if (!isThere(file)) return undefined;
    try {
      return (await readlink(file)).split('/');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const textFor = ({ measurementUid, reportId }: FirstAnswer) =>
    `${measurementUid}/${reportId}/${owner}`;

  const takeBackOwn = async (key: string): Promise<boolean> => {
    const claim = join(claims, key);
    if ((await textOf(claim))?.[2] !== owner) return false;
    await unlinkIfThere(claim);
    return true;
  };

  const make = async (file: string, answer: FirstAnswer, dir: string): Promise<boolean> => {
    const text = textFor(answer);
    const attempt = async () => {
      try {
        await symlink(text, file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    };
    try {
      return await attempt();
    } catch (error) {
      if (!isMissing(error)) throw error;
      await mkdir(dir, { recursive: true });
      return attempt();
    }
  };

  const remember = async (key: string, answer: FirstAnswer, nowMs: number) => {
    await make(join(folder(nowMs), key), answer, folder(nowMs));
  };

  return {
    async find(key, nowMs) {
      for (const day of daysLookedAt(nowMs)) {
        const [measurementUid, reportId] = (await textOf(join(root, day, key))) ?? [];
        if (measurementUid && reportId) return { measurementUid, reportId };
      }
      return undefined;
    },

    async claim(key, answer) {
      const claim = join(claims, key);
      if (!(await make(claim, answer, claims))) {
        if (!(await takeBackOwn(key))) return undefined;
        if (!(await make(claim, answer, claims))) return undefined;
      }
      return {
        release: () => unlinkIfThere(claim),
        async remember(nowMs) {
          const move = () => rename(claim, join(folder(nowMs), key));
          try {
            await move().catch(async (error) => {
              if (!isMissing(error)) throw error;
              // The first of its day.
              await mkdir(folder(nowMs), { recursive: true });
              await move();
            });
          } catch (error) {
            if (!isMissing(error)) throw error;
            // Somebody has taken the claim away.
            await remember(key, answer, nowMs);
          }
        },
      };
    },

    textOf: textFor,
    takeBackOwn,
    isClaimed: (key) => isThere(join(claims, key)),

    remember,

    async expire(nowMs) {
      const keep = new Set(daysLookedAt(nowMs));
      for (const name of await readdir(root)) {
        if (/^\d{8}$/.test(name) && !keep.has(name)) await removeLargeFolder(join(root, name));
      }
    },

    async dropLeftClaims(nowMs) {
      let dropped = 0;
      const names = await readdir(claims).catch((error) => {
        if (isMissing(error)) return [];
        throw error;
      });
      for (const key of names) {
        const file = join(claims, key);
        try {
          const [, , claimant] = (await readlink(file)).split('/');
          const { mtimeMs } = await lstat(file);
          const isLeft = !isRunning(claimant?.split('.')[0] ?? '');
          if (!isLeft && Math.abs(nowMs - mtimeMs) < STALE_CLAIM_MS) continue;
          await unlinkIfThere(file);
          dropped++;
        } catch (error) {
          // Given back, or moved to its day meanwhile.
          if (!isMissing(error)) throw error;
        }
      }
      return dropped;
    },
  };
}
