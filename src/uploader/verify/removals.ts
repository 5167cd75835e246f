/**
 * Bodies that are not there any more, against the removals that the log declares, and the signed
 * records of those (docs/archive.md, "Removing a measurement").
 */
import type { PublishedLeaf, RemovedLeaf } from '../../core/archive/leaf.ts';
import { BrokenLog, type ReadPart } from '../../core/archive/logReader.ts';
import { tarKeyOf } from '../../core/archive/names.ts';
import type { NoteVerifier } from '../../core/archive/note.ts';
import {
  hasNoLine,
  isRemovalOf,
  parseRemoval,
  type RemovalRecord,
  type Replaced,
  removalPath,
} from '../../core/archive/removal.ts';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import type { Report } from './report.ts';
import type { ObjectSums } from './verifyObjects.ts';

export interface RemovalCheck {
  /** A body that is gone from one of its two objects. */
  blank(leaf: PublishedLeaf, where: 'jsonl' | 'tar'): void;
  /** An entry of the log that declares a removal. */
  declared(leaf: RemovedLeaf): void;
  /** An object was read to its end. */
  read(key: string, sums: ObjectSums): void;
  /** Reports what does not fit; gives how many declared removals there are in what was read. */
  judge(): Promise<number>;
}

/** Lines without their body, and in which of the two objects it is gone. */
interface Blank {
  readonly leaf: PublishedLeaf;
  readonly gone: Set<'jsonl' | 'tar'>;
}

const placeOf = ({ key, line }: { readonly key: string; readonly line: number }) =>
  `${key} line ${line}`;

export function makeRemovalCheck(
  readPart: ReadPart,
  verifier: NoteVerifier,
  report: Report,
): RemovalCheck {
  const blanks = new Map<string, Blank>();
  const removals = new Map<string, RemovedLeaf>();
  /** Sums of the objects in which something is blank; nothing of the others. */
  const objects = new Map<string, ObjectSums | undefined>();
  const blankIn = new Set<string>();

  const readRecord = async (leaf: PublishedLeaf): Promise<RemovalRecord | undefined> => {
    const path = removalPath(leaf.uid);
    let note: string | undefined;
    try {
      note = (await readPart(path))?.toString('utf8');
    } catch (error) {
      if (!(error instanceof BrokenLog)) throw error;
    }
    if (note === undefined) {
      report.problem(path, 'is missing: the record of a declared removal');
      return undefined;
    }
    const parsed = parseRemoval(note, verifier);
    if (parsed.kind === 'invalid') report.problem(path, parsed.reason);
    else if (!isRemovalOf(parsed.record, leaf)) report.problem(path, 'is of another measurement');
    else return parsed.record;
    return undefined;
  };

  return {
    blank(leaf, where) {
      const place = placeOf(leaf);
      const blank = blanks.get(place) ?? { leaf, gone: new Set() };
      blanks.set(place, blank);
      blank.gone.add(where);
      blankIn.add(leaf.key);
    },

    declared: (leaf) => void removals.set(placeOf(leaf), leaf),

    read: (key, sums) => void objects.set(key, blankIn.has(key) ? sums : undefined),

    async judge() {
      let declared = 0;
      const records = new Map<string, RemovalRecord[]>();
      const undeclared = new Set<string>();
      for (const [place, { leaf, gone }] of blanks) {
        if (removals.get(place)?.uid !== leaf.uid) {
          undeclared.add(leaf.key);
          for (const where of gone)
            report.problem(
              where === 'tar' ? tarKeyOf(leaf.key) : place,
              `the body of ${leaf.uid} is gone, and no removal was declared`,
            );
          continue;
        }
        declared++;
        // One whose uid is none has no record, and was reported.
        if (parseMeasurementUid(leaf.uid) === undefined) continue;
        const record = await readRecord(leaf);
        if (record !== undefined) records.set(leaf.key, [...(records.get(leaf.key) ?? []), record]);
      }
      for (const [key, some] of records)
        if (!undeclared.has(key)) checkSums(key, objects.get(key), some, report);
      for (const [place, { uid, key }] of removals) {
        if (!objects.has(key)) continue;
        const blank = blanks.get(place);
        const bodies = blank !== undefined && hasNoLine(blank.leaf) ? 1 : 2;
        if ((blank?.gone.size ?? 0) < bodies)
          report.warning(place, `${uid} was declared removed, but its body is still there`);
      }
      return declared;
    },
  };
}

/**
 * The objects must be what a removal left: the last one, but which that is need not be known, since
 * the lines say whose bodies are gone. While a removal is on its way, they are what it will replace.
 */
function checkSums(
  key: string,
  sums: ObjectSums | undefined,
  records: readonly RemovalRecord[],
  report: Report,
): void {
  const check = (object: string, sum: string | undefined, of: (r: RemovalRecord) => Replaced) => {
    const known = records.map(of).flatMap((one) => [one.old_sha256, one.new_sha256]);
    if (sum !== undefined && !known.includes(sum))
      report.problem(
        object,
        'is not the object that a removal left there, by the checksums in its record',
      );
  };
  check(key, sums?.jsonl, (record) => record.jsonl);
  check(tarKeyOf(key), sums?.tar, (record) => record.tar);
}
