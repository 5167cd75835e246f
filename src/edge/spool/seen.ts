/**
 * Memory of what was submitted, so that a repeated submission gets the first answer again
 * (protocol, probes 9.18). One name per submission, its key, of a symbolic link that is made
 * atomically with its text: `/<owner>/<key>/<uid>/<report_id>`, of the key the first 16 digits. Submissions
 * that are stored together have one link under several names, with the last three parts of each one after
 * the other (docs/design/claims.md).
 *
 * A submission is claimed before it is stored: of several equal ones at the same instant one makes the name in
 * the folder of the day, in whichever process. When it is durable, the link's time of modification is set to 1970. So
 * what bears that time is on disk, any other link is a claim and promises nothing, and a crash in between
 * costs a duplicate, never a measurement. Only its owner takes a claim away, or whoever finds one whose owner
 * runs no more.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { link, lutimes, mkdir, readdir, readlink, rename, symlink, unlink } from 'node:fs/promises';
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
  remember(): Promise<void>;
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
  /**
   * Claims a key, for a caller who asks for each once at a time. undefined: another has it, or it is
   * remembered.
   */
  claim(key: string, answer: FirstAnswer, nowMs: number): Promise<Claim | undefined>;
  /** Texts of links of this owner for some submissions, in their order: neighbours whose text is the same share a link. */
  textsOf(submissions: readonly Answered[]): string[];
  /**
   * Takes away claims of a key that are left: their owner runs no more, or it is ours and the disk refused to give
   * it back. Whether there was one. For a caller who does not claim the key.
   */
  takeLeft(key: string, nowMs: number): Promise<boolean>;
  /** Whether somebody who runs claims the key. */
  isClaimed(key: string, nowMs: number): Promise<boolean>;
  /** Remembers an answer without a claim. */
  remember(key: string, answer: FirstAnswer, nowMs: number): Promise<void>;
  /** Drops what is no longer looked at. */
  expire(nowMs: number): Promise<void>;
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

/** What is under a key in the folder of a day. */
type Found =
  | { readonly kind: 'answer'; readonly answer: FirstAnswer }
  | {
      readonly kind: 'claim';
      readonly text: string;
      readonly owner: string;
      readonly madeMs: number;
    }
  /** A link that says nothing of this key: as good as not there. */
  | { readonly kind: 'nothing'; readonly text: string };

/** The time of modification of a link whose submissions are on disk. A host's clock that stands there takes none (microsecondClock.ts). */
const DURABLE_MS = 0;

function readLink(text: string, changedMs: number, key: string): Found {
  const [first = '', ...more] = text.split('/');
  // Of releases before 0.2.0, each submission had its own, which was a claim in another folder: `<uid>/<report_id>/<owner>`.
  if (first !== '') return answered(text, first, more[0]);
  const [owner = '', ...entries] = more;
  if (changedMs !== DURABLE_MS) return { kind: 'claim', text, owner, madeMs: changedMs };
  for (let at = 0; at < entries.length; at += 3)
    if (entries[at] === key.slice(0, KEY_DIGITS))
      return answered(text, entries[at + 1], entries[at + 2]);
  return { kind: 'nothing', text };
}

const answered = (text: string, measurementUid?: string, reportId?: string): Found =>
  measurementUid && reportId
    ? { kind: 'answer', answer: { measurementUid, reportId } }
    : { kind: 'nothing', text };

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
  const owner = `${processTag()}.${randomBytes(4).toString('hex')}`;

  const look = async (day: string, key: string): Promise<Found | undefined> => {
    const file = join(root, day, key);
    // Nearly always it is not there, from a folder that is in memory because every submission asks:
    // microseconds at once, where a turn through the thread pool costs more than the rest of the search.
    const changedMs = lstatSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (changedMs === undefined) return undefined;
    try {
      return readLink(await readlink(file), changedMs, key);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const beginning = `/${owner}`;

  const isLeft = (claim: Found & { kind: 'claim' }) =>
    claim.owner === owner ||
    !isRunning(claim.owner.split('.')[0]!) ||
    Math.abs(Date.now() - claim.madeMs) >= STALE_CLAIM_MS;

  /** Takes a link away that has this text. Whether it is gone. */
  const takeAway = async (day: string, key: string, text: string): Promise<boolean> => {
    const file = join(root, day, key);
    // Aside first: another may have taken it away, and claimed the key, since it was read.
    const aside = `${file}.${owner}`;
    try {
      await rename(file, aside);
    } catch (error) {
      if (isMissing(error)) return true;
      throw error;
    }
    const isIt = (await readlink(aside)) === text;
    // If a third has claimed it within these microseconds, both are stored.
    if (!isIt) await link(aside, file).catch(() => {});
    await unlink(aside);
    return isIt;
  };

  const mark = async (file: string): Promise<void> => {
    try {
      await lutimes(file, DURABLE_MS / 1000, DURABLE_MS / 1000);
    } catch (error) {
      // Nobody shall wait for it.
      await unlinkIfThere(file).catch(() => {});
      throw error;
    }
  };

  /** Makes a link of this text; false: the name is there. */
  const make = async (day: string, key: string, text: string): Promise<boolean> => {
    const file = join(root, day, key);
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
      await mkdir(join(root, day), { recursive: true });
      return attempt();
    }
  };

  const remember = async (key: string, answer: FirstAnswer, nowMs: number) => {
    const [day] = daysLookedAt(nowMs);
    const text = beginning + entryOf({ key, answer });
    if (await make(day, key, text)) await mark(join(root, day, key));
  };

  const isClaimed = async (key: string, days: readonly string[]) => {
    for (const day of days) {
      const found = await look(day, key);
      if (found?.kind === 'claim' && !isLeft(found)) return true;
    }
    return false;
  };

  const takeLeft = async (key: string, nowMs: number) => {
    let taken = false;
    for (const day of daysLookedAt(nowMs)) {
      const found = await look(day, key);
      if (found === undefined || found.kind === 'answer') continue;
      if (found.kind === 'claim' && !isLeft(found)) continue;
      if (await takeAway(day, key, found.text)) taken = true;
    }
    return taken;
  };

  return {
    async find(key, nowMs) {
      for (const day of daysLookedAt(nowMs)) {
        const found = await look(day, key);
        if (found?.kind === 'answer') return found.answer;
      }
      return undefined;
    },

    async claim(key, answer, nowMs) {
      const [day, ...otherDays] = daysLookedAt(nowMs);
      const text = beginning + entryOf({ key, answer });
      const file = join(root, day, key);
      if (!(await make(day, key, text))) {
        if (!(await takeLeft(key, nowMs))) return undefined;
        if (!(await make(day, key, text))) return undefined;
      }
      const release = () => unlinkIfThere(file);
      // Of one who claimed it before midnight.
      if (await isClaimed(key, otherDays)) {
        await release();
        return undefined;
      }
      return {
        release,
        async remember() {
          const isOwn = (await readlink(file).catch(() => undefined)) === text;
          await (isOwn ? mark(file) : remember(key, answer, nowMs));
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

    takeLeft,
    isClaimed: (key, nowMs) => isClaimed(key, daysLookedAt(nowMs)),
    remember,

    async expire(nowMs) {
      const keep: ReadonlySet<string> = new Set(daysLookedAt(nowMs));
      for (const name of await readdir(root)) {
        // `claims`: of releases before 0.2.0, whose workers have ended.
        if (name === 'claims' || (/^\d{8}$/.test(name) && !keep.has(name)))
          await removeLargeFolder(join(root, name));
      }
    },
  };
}
