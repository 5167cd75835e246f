/**
 * Memory of what was submitted, so that a repeated submission gets the first answer again
 * (protocol, probes 9.18). One name per submission, its key, of a symbolic link that is made
 * atomically with its text: `/<owner>/<key>/<uid>/<report_id>`, of the key the first 16 digits. Submissions
 * that are stored together have one link under several names, with the last three parts of each one after
 * the other (docs/design/claims.md).
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

/** A submission, and what it is to be remembered with. */
export interface Answered {
  /** 64 hex digits. */
  readonly key: string;
  readonly answer: FirstAnswer;
}

export interface Seen {
  /** The first answer to a submission with this key (64 hex digits), not older than a day. */
  find(key: string, nowMs: number): Promise<FirstAnswer | undefined>;
  /** Claims a key, for a caller who asks for each once at a time. undefined: another has it. */
  claim(key: string, answer: FirstAnswer): Promise<Claim | undefined>;
  /** Texts of links of this owner for some submissions, in their order: neighbours whose text is the same share a link. */
  textsOf(submissions: readonly Answered[]): string[];
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

/** Of a link that is shared: XFS keeps 1,023, and ext4 what fits into a block. */
const MOST_SHARED_BYTES = 1_000;

/** Digits of a key in a text: enough to tell those of one link apart. */
const KEY_DIGITS = 16;

const entryOf = ({ key, answer }: Answered) =>
  `/${key.slice(0, KEY_DIGITS)}/${answer.measurementUid}/${answer.reportId}`;

interface LinkText {
  readonly owner: string | undefined;
  readonly answer: FirstAnswer | undefined;
}

/** What the text of a link says: whose it is, and what it answers to a submission of this key. */
function readText(text: string, key: string): LinkText {
  const parts = text.split('/');
  if (parts[0] !== '') {
    // Of releases before 0.2.0, each submission had its own: `<uid>/<report_id>/<owner>`.
    const [measurementUid, reportId, owner] = parts;
    return { owner, answer: answerOf(measurementUid, reportId) };
  }
  const [, owner, ...entries] = parts;
  for (let at = 0; at < entries.length; at += 3)
    if (entries[at] === key.slice(0, KEY_DIGITS))
      return { owner, answer: answerOf(entries[at + 1], entries[at + 2]) };
  return { owner, answer: undefined };
}

const answerOf = (measurementUid?: string, reportId?: string): FirstAnswer | undefined =>
  measurementUid && reportId ? { measurementUid, reportId } : undefined;

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

  const look = async (file: string, key: string) => {
    if (!isThere(file)) return undefined;
    try {
      return readText(await readlink(file), key);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const beginning = `/${owner}`;

  const takeBackOwn = async (key: string): Promise<boolean> => {
    const claim = join(claims, key);
    if ((await look(claim, key))?.owner !== owner) return false;
    await unlinkIfThere(claim);
    return true;
  };

  const make = async (dir: string, submission: Answered): Promise<boolean> => {
    const text = beginning + entryOf(submission);
    const file = join(dir, submission.key);
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
    await make(folder(nowMs), { key, answer });
  };

  return {
    async find(key, nowMs) {
      for (const day of daysLookedAt(nowMs)) {
        const answer = (await look(join(root, day, key), key))?.answer;
        if (answer !== undefined) return answer;
      }
      return undefined;
    },

    async claim(key, answer) {
      const claim = join(claims, key);
      if (!(await make(claims, { key, answer }))) {
        if (!(await takeBackOwn(key))) return undefined;
        if (!(await make(claims, { key, answer }))) return undefined;
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

    textsOf(submissions) {
      const texts: string[] = [];
      let text = beginning;
      let sharers = 0;
      const end = () => {
        for (; sharers > 0; sharers--) texts.push(text);
        text = beginning;
      };
      for (const submission of submissions) {
        const entry = entryOf(submission);
        if (text.length + entry.length > MOST_SHARED_BYTES) end();
        text += entry;
        sharers++;
      }
      end();
      return texts;
    },

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
          const { owner: claimant = '' } = readText(await readlink(file), key);
          const { mtimeMs } = await lstat(file);
          const isLeft = !isRunning(claimant.split('.')[0]!);
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
