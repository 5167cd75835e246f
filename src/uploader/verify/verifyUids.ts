/**
 * Each measurement is published once, and in the folder that its uid names. So only the cans of one
 * folder are compared; the uids of few folders are held, and those of another are read from the log
 * again when a late can of it comes.
 */
import { type Leaf, parseLeaf } from '../../core/archive/leaf.ts';
import { type ReadPart, readEntries } from '../../core/archive/logReader.ts';
import { TILE_WIDTH, tileOf } from '../../core/archive/merkle.ts';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import { type HourFolder, hourFolderName } from '../../core/measurement/spoolPaths.ts';
import type { Report } from './report.ts';
import type { ObjectLeaves } from './verifyObjects.ts';

export interface UidCheck {
  /** One can after the other, in the log's order. */
  check(object: ObjectLeaves, folder: HourFolder): Promise<void>;
  /** All that was published of an hour, `YYYYMMDDHH`, as far as it was checked: read from the log again. */
  published(hour: string): AsyncGenerator<string>;
}

/** Uids held of folders other than the one that is looked at: some 50 MB. */
const HELD_UIDS = 500_000;

export function makeUidCheck(
  readPart: ReadPart,
  logSize: number,
  report: Report,
  heldUids = HELD_UIDS,
): UidCheck {
  /** By folder: which leaves its cans have. */
  const cans = new Map<string, { readonly first: number; readonly count: number }[]>();
  /** By folder, the least recently used first. */
  const held = new Map<string, Set<string>>();
  let heldCount = 0;

  /** By hour: its folders. */
  const hours = new Map<string, Set<string>>();

  async function* published(folder: string): AsyncGenerator<string> {
    for (const { first, count } of cans.get(folder) ?? [])
      for await (const leaf of readLeaves(readPart, logSize, first, count))
        if (leaf?.kind === 'published') yield leaf.uid;
  }

  const uidsOf = async (folder: string): Promise<Set<string>> => {
    const known = held.get(folder);
    if (known !== undefined) {
      held.delete(folder);
      heldCount -= known.size;
      return known;
    }
    const uids = new Set<string>();
    for await (const uid of published(folder)) uids.add(uid);
    return uids;
  };

  const hold = (folder: string, uids: Set<string>) => {
    held.set(folder, uids);
    heldCount += uids.size;
    for (const [oldest, some] of held) {
      if (heldCount <= heldUids || oldest === folder) break;
      held.delete(oldest);
      heldCount -= some.size;
    }
  };

  return {
    async check({ key, firstLeaf, leaves }, { name: folder, hour }) {
      hours.set(hour, (hours.get(hour) ?? new Set()).add(folder));
      const uids = await uidsOf(folder);
      for (const { uid, line } of leaves) {
        const parsed = parseMeasurementUid(uid);
        if (parsed === undefined || hourFolderName(parsed) !== folder) {
          const where = parsed === undefined ? 'nowhere' : `into ${hourFolderName(parsed)}`;
          report.problem(`${key} line ${line}`, `${uid} belongs ${where}`);
        } else if (uids.has(uid))
          report.problem(`${key} line ${line}`, `${uid} was published before`);
        uids.add(uid);
      }
      cans.set(folder, [...(cans.get(folder) ?? []), { first: firstLeaf, count: leaves.length }]);
      hold(folder, uids);
    },

    async *published(hour) {
      for (const folder of hours.get(hour) ?? []) yield* published(folder);
    },
  };
}

async function* readLeaves(
  readPart: ReadPart,
  logSize: number,
  first: number,
  count: number,
): AsyncGenerator<Leaf | undefined> {
  const end = first + count;
  for (let at = first; at < end; ) {
    const tile = tileOf(logSize, 0, Math.floor(at / TILE_WIDTH))!;
    const offset = at % TILE_WIDTH;
    for (const entry of (await readEntries(readPart, tile)).slice(offset, offset + end - at)) {
      yield parseLeaf(entry);
      at++;
    }
  }
}
