/**
 * Where measurements are that are to be removed. The log is asked, not the rows: it names what could
 * not be parsed too, and what lost its rows in a removal that was not finished.
 */

import { readLogHead } from '../../core/archive/inclusionProof.ts';
import { type CanName, folderPrefix, parseObjectKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { hourFolderName, parseHourFolder } from '../../core/measurement/spoolPaths.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { canOf } from '../can/manifest.ts';
import type { Outgoing } from '../can/outgoing.ts';
import { type LookupParts, placesInTable } from '../published/loggedObjects.ts';
import type { TransparencyLog } from '../tlog/tlog.ts';
import {
  type LoggedPlace,
  leavesFrom,
  loggedPlaces,
  type ReadableLog,
} from '../tlog/tlogLeaves.ts';

export interface FindParts extends LookupParts {
  readonly outgoing: Outgoing;
  readonly transparencyLog: TransparencyLog;
  readonly collectorId: string;
}

/** A published object with measurements to remove. */
export interface FoundObject extends LoggedPlace {
  readonly can: CanName;
  readonly uids: ReadonlySet<string>;
}

/** The published objects that hold these measurements; of those in none, nothing was published. */
export async function findObjects(
  parts: FindParts,
  uids: readonly MeasurementUid[],
): Promise<FoundObject[]> {
  await refuseOnTheirWay(parts, uids);
  const byFolder = new Map<string, Set<string>>();
  for (const uid of uids) {
    const folder = hourFolderName(uid);
    byFolder.set(folder, (byFolder.get(folder) ?? new Set()).add(uid.text));
  }
  const found: FoundObject[] = [];
  for (const [folder, wanted] of byFolder)
    found.push(...(await findInFolder(parts, folder, wanted)));
  return found;
}

/** A can on its way has its name and members fixed: it must arrive before it can be changed. */
async function refuseOnTheirWay(parts: FindParts, uids: readonly MeasurementUid[]): Promise<void> {
  const folders = new Set(uids.map(hourFolderName));
  const wanted = new Set(uids.map(({ text }) => text));
  const { manifests, broken } = await parts.outgoing.list();
  for (const trouble of broken) if (folders.has(trouble.can.folder.name)) throw trouble;
  for (const manifest of manifests) {
    if (!folders.has(canOf(manifest).folder.name)) continue;
    for await (const { uid } of parts.outgoing.index(manifest))
      if (wanted.has(uid))
        throw new FatalError(
          `${uid} is in ${manifest.can}, which is on its way into the archive: let ooni-uploader run finish, then ask again`,
          EXIT.unavailable,
        );
  }
}

async function findInFolder(
  parts: FindParts,
  folderName: string,
  wanted: ReadonlySet<string>,
): Promise<FoundObject[]> {
  const folder = parseHourFolder(folderName)!;
  const keys = new Map<string, string[]>();
  for await (const { key } of parts.objects.list(folderPrefix(folder))) {
    const object = parseObjectKey(key);
    if (object?.kind !== 'jsonl') continue;
    const { collectorId } = object.can;
    keys.set(collectorId, [...(keys.get(collectorId) ?? []), key]);
  }
  const left = new Set(wanted);
  const mine = keys.get(parts.collectorId) ?? [];
  keys.delete(parts.collectorId);
  const { found, unlogged } = await findInLog(parts, parts.transparencyLog, mine, left);
  // Other hosts' objects only for what is in none of ours.
  for (const [collectorId, theirs] of keys) {
    if (left.size === 0) break;
    const there = await findInLog(parts, await logOf(parts, collectorId), theirs, left);
    const [uid] = there.found.flatMap(({ uids }) => [...uids]);
    if (uid !== undefined)
      throw new FatalError(
        `${uid} was published by the host with the collector_id ${collectorId}, whose key must sign its removal: ask for it there`,
        EXIT.unavailable,
      );
    unlogged.push(...there.unlogged);
  }
  if (left.size > 0 && unlogged.length > 0)
    throw new FatalError(
      `${[...left][0]} may be in ${unlogged[0]}, which no log covers: when it is being published now, ask again after; else see /usr/share/doc/ooni-common/archive.md, "A can that cannot go on"`,
      EXIT.unavailable,
    );
  return found;
}

/** Another host's log, as far as its checkpoint goes. */
async function logOf(parts: FindParts, collectorId: string): Promise<ReadableLog> {
  const readPart = logParts(parts.objects, logPrefix(collectorId));
  const head = await readLogHead(readPart);
  return { readPart, size: head?.checkpoint.size ?? 0 };
}

/** Looks for measurements in these objects of one log; takes out of `left` what it finds. */
async function findInLog(
  parts: FindParts,
  log: ReadableLog,
  keys: readonly string[],
  left: Set<string>,
): Promise<{ readonly found: FoundObject[]; readonly unlogged: string[] }> {
  const wanted = new Set(left);
  const found: FoundObject[] = [];
  const look = async (place: LoggedPlace) => {
    const uids = new Set<string>();
    for await (const leaf of leavesFrom(log, place.firstLeaf, place.leaves))
      if (leaf.kind === 'published' && leaf.key === place.key && wanted.has(leaf.uid)) {
        uids.add(leaf.uid);
        left.delete(leaf.uid);
      }
    if (uids.size > 0) found.push({ ...place, can: parseObjectKey(place.key)!.can, uids });
  };
  const unknown = new Set(keys);
  for (const place of await placesInTable(parts, keys)) {
    // What the table says of a log that does not go as far is of another bucket.
    if (place.firstLeaf + place.leaves > log.size) continue;
    unknown.delete(place.key);
    await look(place);
  }
  if (left.size > 0 && unknown.size > 0)
    // The table was lost, or its row is not written yet: the log itself says where an object is.
    for await (const place of loggedPlaces(log)) {
      if (!unknown.delete(place.key)) continue;
      await look(place);
      if (unknown.size === 0) break;
    }
  return { found, unlogged: [...unknown] };
}
