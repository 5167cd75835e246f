/**
 * Checks the published archive of one collector against its log, with nothing but the bucket and the
 * public key (docs/archive.md, "Checking the archive").
 */
import { setTimeout } from 'node:timers/promises';
import { mayBeOnItsWay } from '../../core/archive/bucketKeys.ts';
import { type Leaf, type PublishedLeaf, parseLeaf } from '../../core/archive/leaf.ts';
import { BrokenLog, type ReadPart, readEntry } from '../../core/archive/logReader.ts';
import { parseObjectKey } from '../../core/archive/names.ts';
import type { Checkpoint, NoteVerifier } from '../../core/archive/note.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { forEachLimited } from '../../core/async/forEachLimited.ts';
import { MAX_BODY_BYTES } from '../../core/measurement/sizes.ts';
import { type Bucket, openSource, type Tries } from './archiveSource.ts';
import { gatherObjects } from './cans.ts';
import { findInventedRows, type RowUids } from './inventedRows.ts';
import { followLog, type NewerLog } from './newer.ts';
import { makeRemovalCheck } from './removals.ts';
import type { Report } from './report.ts';
import { findUnlogged, reportUnlogged, type Unlogged } from './unlogged.ts';
import { checkObject, type ObjectLeaves } from './verifyObjects.ts';
import { checkContinuation, checkedLeaves, checkKey, readCheckpoint } from './verifyTlog.ts';
import { makeUidCheck } from './verifyUids.ts';

export interface VerifyOptions {
  readonly objects: Bucket;
  readonly collectorId: string;
  readonly verifier: NoteVerifier;
  /** First and last day whose objects are read, `YYYYMMDD`; absent: no bound. */
  readonly fromDay?: string | undefined;
  readonly toDay?: string | undefined;
  /** What the log was at an earlier check. */
  readonly saved?: Checkpoint | undefined;
  /** Only read objects that were published since then. */
  readonly onlyNew: boolean;
  readonly nowMs: number;
  readonly report: Report;
  /** A line that is as published, to be scored again; absent: lines are not held. */
  readonly onLine?: ((leaf: PublishedLeaf, line: Buffer) => Promise<void>) | undefined;
  /** The table's measurements: each must have been published. */
  readonly rowUids?: RowUids | undefined;
  readonly onProgress: (leaves: number, of: number) => void;
  readonly pace?: Pace | undefined;
}

/** How long a check waits for others. */
export interface Pace {
  readonly tries: Tries;
  /** An object is up some time before its log entry: the log is asked again this often … */
  readonly logTries: number;
  /** … with this pause. */
  readonly logPauseMs: number;
}

export const PACE: Pace = {
  tries: { attempts: 5, firstPauseMs: 500 },
  logTries: 4,
  logPauseMs: 15_000,
};

export interface Verified {
  /** The checkpoint that was checked, to be kept for the next time; undefined when it is no good. */
  readonly note: string | undefined;
  readonly leaves: number;
  readonly objects: number;
  readonly lines: number;
  /** Bodies that were removed and declared so. */
  readonly removed: number;
  /** The bucket gives no list, so nobody looked for objects that the log does not know. */
  readonly unlisted: boolean;
}

const OBJECTS_AT_ONCE = 4;

export async function verify(options: VerifyOptions): Promise<Verified> {
  const { collectorId, report, verifier, saved, fromDay, toDay, pace = PACE } = options;
  const source = openSource(options.objects, pace.tries);
  const readPart: ReadPart = (path) => source.part(logPrefix(collectorId) + path);
  const counts = { leaves: 0, objects: 0, lines: 0, removed: 0 };
  const published = await readCheckpoint(readPart, verifier, report);
  if (published === undefined) return { note: undefined, ...counts, unlisted: false };
  const { note, checkpoint } = published;
  await checkKey(readPart, verifier, report);
  const continues =
    saved === undefined || (await checkContinuation(saved, checkpoint, readPart, report));
  const firstNew = options.onlyNew && continues ? saved!.size : 0;

  const inRange = (day: string) => day >= (fromDay ?? '0') && day <= (toDay ?? '99999999');
  const logged = new Set<string>();
  const removals = makeRemovalCheck(readPart, verifier, report);
  const uids = makeUidCheck(readPart, checkpoint.size, report);

  async function* leaves(): AsyncGenerator<{ index: number; leaf: Leaf }> {
    for await (const item of checkedLeaves(undefined, checkpoint, readPart, report)) {
      counts.leaves++;
      options.onProgress(item.index + 1, checkpoint.size);
      yield item;
    }
  }
  /** What is to be read, checked for what can be told from the log alone. */
  async function* objects(): AsyncGenerator<ObjectLeaves> {
    for await (const object of gatherObjects(leaves(), removals.declared, report)) {
      const { key } = object;
      const parsed = parseObjectKey(key);
      if (parsed?.kind !== 'jsonl' || parsed.can.collectorId !== collectorId)
        report.problem(key, 'is in the log, but is no object of this collector');
      else if (logged.has(key)) report.problem(key, 'is in the log twice');
      else {
        logged.add(key);
        await uids.check(object, parsed.can.folder);
        if (object.firstLeaf >= firstNew && inRange(parsed.can.folder.hour.slice(0, 8)))
          yield object;
      }
    }
  }

  await forEachLimited(objects(), OBJECTS_AT_ONCE, async (object) => {
    counts.objects++;
    const sums = await checkObject(
      {
        source,
        report,
        blank: removals.blank,
        holdBytes: options.onLine === undefined ? 0 : MAX_BODY_BYTES,
        line: async (leaf, line) => {
          counts.lines++;
          if (options.onLine === undefined) return;
          if (line !== undefined) await options.onLine(leaf, line);
          else
            report.warning(
              `${object.key} line ${leaf.line}`,
              'is longer than any measurement, and is not scored',
            );
        },
      },
      object,
    );
    removals.read(object.key, sums);
  });

  const newer = followLog(checkpoint, readPart, verifier, removals.declared, report);
  const listed = await source.canList();
  const firstDay = await firstDayOf(checkpoint.size, readPart);
  const found = listed
    ? await findUnlogged({
        source,
        collectorId,
        report,
        fromDay,
        toDay,
        inRange,
        firstDay,
        isLogged: (key) => logged.has(key),
      })
    : undefined;
  const unlogged = await waitForLog(found?.unlogged ?? new Map(), newer, options.nowMs, pace);
  reportUnlogged(unlogged, options.nowMs, report);
  if (options.rowUids !== undefined && firstDay !== undefined)
    await findInventedRows({
      rows: options.rowUids,
      source,
      published: uids.published,
      otherCollectors: found?.otherCollectors,
      fromDay: fromDay !== undefined && fromDay > firstDay ? fromDay : firstDay,
      toDay,
      nowMs: options.nowMs,
      report,
    });
  counts.removed = await removals.judge();
  return { note, ...counts, unlisted: !listed };
}

/** Asks the newest log, and again for a while when objects are left that it should know. */
async function waitForLog(
  found: Unlogged,
  newer: NewerLog,
  nowMs: number,
  pace: Pace,
): Promise<Unlogged> {
  for (let tried = 1; ; tried++) {
    await newer.refresh();
    const left = new Map([...found].filter(([, { jsonl }]) => !newer.keys.has(jsonl)));
    const overdue = [...left.values()].some(({ hour }) => !mayBeOnItsWay(hour, nowMs));
    if (!overdue || tried >= pace.logTries) return left;
    await setTimeout(pace.logPauseMs);
  }
}

async function firstDayOf(size: number, readPart: ReadPart): Promise<string | undefined> {
  if (size === 0) return undefined;
  try {
    const leaf = parseLeaf(await readEntry(readPart, 0, size));
    return leaf && parseObjectKey(leaf.key)?.can.folder.hour.slice(0, 8);
  } catch (error) {
    // Reported where the log was read.
    if (error instanceof BrokenLog) return undefined;
    throw error;
  }
}
