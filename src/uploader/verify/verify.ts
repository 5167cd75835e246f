/**
 * Checks the published archive of one collector against its log, with nothing but the bucket and the
 * public key (docs/archive.md, "Checking the archive").
 */
import type { PublishedLeaf, RemovedLeaf } from '../../core/archive/leaf.ts';
import type { ReadPart } from '../../core/archive/logReader.ts';
import { jsonlKey, parseObjectKey } from '../../core/archive/names.ts';
import type { Checkpoint, NoteVerifier } from '../../core/archive/note.ts';
import { hasNoLine } from '../../core/archive/removal.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { hourStartMs } from '../../core/measurement/spoolPaths.ts';
import { readObject } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { forEachLimited } from '../concurrency.ts';
import { checkContinuation, checkedLeaves, readCheckpoint } from './log.ts';
import { checkObject, type ObjectLeaves } from './objects.ts';
import type { Report } from './report.ts';

export interface VerifyOptions {
  readonly objects: ObjectStore;
  readonly collectorId: string;
  readonly verifier: NoteVerifier;
  /** First and last day whose objects are read, `YYYYMMDD`; absent: no bound. */
  readonly fromDay?: string | undefined;
  readonly toDay?: string | undefined;
  /** What the log was at an earlier check. */
  readonly saved?: Checkpoint | undefined;
  /** Only look at what was published since then. */
  readonly onlyNew: boolean;
  readonly nowMs: number;
  readonly report: Report;
  /** A line that is as published, to be scored again. */
  readonly onLine: (leaf: PublishedLeaf, line: Buffer) => Promise<void>;
  readonly onProgress: (leaves: number, of: number) => void;
}

export interface Verified {
  /** The published checkpoint, to be kept for the next check; undefined when it is no good. */
  readonly note: string | undefined;
  readonly leaves: number;
  readonly objects: number;
  readonly lines: number;
  /** Bodies that were removed and declared so. */
  readonly removed: number;
}

const OBJECTS_AT_ONCE = 4;
/** An object that is younger may be on its way: it goes up before its log entry. */
const ON_ITS_WAY_MS = 2 * 86_400_000;

export async function verify(options: VerifyOptions): Promise<Verified> {
  const { objects, collectorId, report } = options;
  const prefix = logPrefix(collectorId);
  const readPart: ReadPart = (path) => readObject(objects, prefix + path);
  const counts = { leaves: 0, objects: 0, lines: 0, removed: 0 };
  const published = await readCheckpoint(readPart, options.verifier, report);
  if (published === undefined) return { note: undefined, ...counts };
  const { note, checkpoint } = published;
  const { saved } = options;
  const continues =
    saved === undefined || (await checkContinuation(saved, checkpoint, readPart, report));

  const inRange = (day: string) =>
    day >= (options.fromDay ?? '0') && day <= (options.toDay ?? '99999999');
  const seen = new Set<string>();
  const removals = new Map<string, RemovedLeaf>();
  /** Lines without their body, by object and line, and in which of the two objects it is gone. */
  const blanks = new Map<string, { readonly leaf: PublishedLeaf; readonly gone: Set<string> }>();
  const placeOf = ({ key, line }: { key: string; line: number }) => `${key} line ${line}`;

  const start = options.onlyNew && continues ? saved : undefined;
  const leaves = checkedLeaves(start, checkpoint, readPart, report);

  async function* groups(): AsyncGenerator<ObjectLeaves> {
    let group: PublishedLeaf[] = [];
    const take = (): ObjectLeaves | undefined => {
      const [first] = group;
      const whole = group;
      group = [];
      return first === undefined ? undefined : { key: first.key, leaves: whole };
    };
    for await (const { index, leaf } of leaves) {
      counts.leaves++;
      options.onProgress(index + 1, checkpoint.size);
      if (leaf.kind === 'removed') {
        removals.set(placeOf(leaf), leaf);
        continue;
      }
      if (group[0] !== undefined && group[0].key !== leaf.key) {
        const whole = take();
        if (whole !== undefined) yield whole;
      }
      if (leaf.line !== group.length)
        report.problem(`leaf ${index}`, `is line ${leaf.line} of ${leaf.key} out of order`);
      group.push(leaf);
    }
    const last = take();
    if (last !== undefined) yield last;
  }

  await forEachLimited(groups(), OBJECTS_AT_ONCE, async (object) => {
    const parsed = parseObjectKey(object.key);
    if (parsed?.kind !== 'jsonl' || parsed.can.collectorId !== collectorId)
      return report.problem(object.key, 'is in the log, but is no object of this collector');
    if (seen.has(object.key)) return report.problem(object.key, 'is in the log twice');
    seen.add(object.key);
    if (!inRange(parsed.can.folder.hour.slice(0, 8))) return;
    counts.objects++;
    await checkObject(
      {
        objects,
        report,
        blank: (leaf, where) => {
          const place = placeOf(leaf);
          const blank = blanks.get(place) ?? { leaf, gone: new Set() };
          blanks.set(place, blank);
          blank.gone.add(where);
        },
        line: async (leaf, line) => {
          counts.lines++;
          await options.onLine(leaf, line);
        },
      },
      object,
    );
  });

  for (const [place, { leaf }] of blanks) {
    if (removals.get(place)?.uid === leaf.uid) counts.removed++;
    else report.problem(place, `the body of ${leaf.uid} is gone, and no removal was declared`);
  }
  for (const [place, { uid, key }] of removals) {
    const day = parseObjectKey(key)?.can.folder.hour.slice(0, 8);
    if (!seen.has(key) || day === undefined || !inRange(day)) continue;
    const blank = blanks.get(place);
    const bodies = blank !== undefined && hasNoLine(blank.leaf) ? 1 : 2;
    if ((blank?.gone.size ?? 0) < bodies)
      report.warning(place, `${uid} was declared removed, but its body is still there`);
  }
  if (!options.onlyNew) await checkUnlogged(options, seen, inRange);
  return { note, ...counts };
}

/** Objects of this collector that the log does not know. */
async function checkUnlogged(
  { objects, collectorId, report, nowMs, fromDay, toDay }: VerifyOptions,
  logged: ReadonlySet<string>,
  inRange: (day: string) => boolean,
): Promise<void> {
  for (const prefix of dayPrefixes(fromDay, toDay)) {
    for await (const { key } of objects.list(prefix)) {
      const parsed = parseObjectKey(key);
      if (parsed === undefined || parsed.can.collectorId !== collectorId) continue;
      const { hour } = parsed.can.folder;
      if (!inRange(hour.slice(0, 8)) || logged.has(jsonlKey(parsed.can))) continue;
      if (nowMs - hourStartMs(hour) < ON_ITS_WAY_MS) report.warning(key, 'is not in the log (yet)');
      else report.problem(key, 'is not in the log');
    }
  }
}

/** Where to look for the objects of these days: all of the archive when a bound is missing. */
function* dayPrefixes(fromDay: string | undefined, toDay: string | undefined): Generator<string> {
  if (fromDay === undefined || toDay === undefined) return yield 'raw/';
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
  for (let ms = hourStartMs(`${fromDay}00`); dayOf(ms) <= toDay; ms += 86_400_000)
    yield `raw/${dayOf(ms)}/`;
}
