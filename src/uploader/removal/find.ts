/**
 * Where measurements are that are to be removed. The log is asked, not the rows: it names what could
 * not be parsed too, and what lost its rows in a removal that was not finished.
 */
import { type Leaf, parseLeaf } from '../../core/archive/leaf.ts';
import { type ReadPart, readEntries } from '../../core/archive/logReader.ts';
import { TILE_WIDTH, tileOf } from '../../core/archive/merkle.ts';
import { type CanName, folderPrefix, parseObjectKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { hourFolderName, parseHourFolder } from '../../core/measurement/spoolPaths.ts';
import { type LoggedObject, loggedObjectsQuery } from '../../core/queries/archiveLog.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/client.ts';
import { readObject } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { canOf, type Outgoing } from '../outgoing.ts';
import type { TransparencyLog } from '../transparencyLog.ts';

export interface FindParts {
  readonly objects: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly outgoing: Outgoing;
  readonly transparencyLog: TransparencyLog;
  readonly collectorId: string;
}

/** A published object with measurements to remove. */
export interface FoundObject {
  readonly can: CanName;
  readonly key: string;
  readonly firstLeaf: number;
  readonly leaves: number;
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

/** Leaves of `count` lines from `first` on. */
export async function* leavesFrom(
  readPart: ReadPart,
  size: number,
  first: number,
  count: number,
): AsyncGenerator<Leaf> {
  const end = first + count;
  for (let at = first; at < end; ) {
    const tile = tileOf(size, 0, Math.floor(at / TILE_WIDTH));
    const entries = tile === undefined ? [] : await readEntries(readPart, tile);
    const offset = at % TILE_WIDTH;
    const some = entries.slice(offset, offset + end - at);
    if (some.length === 0) throw new RangeError(`leaf ${at} is not in a log of ${size}`);
    for (const entry of some) {
      const leaf = parseLeaf(entry);
      if (leaf === undefined) throw new Error(`leaf ${at} is not of this format`);
      yield leaf;
      at++;
    }
  }
}

/** A can on its way has its name and members fixed: it must arrive before it can be changed. */
async function refuseOnTheirWay(parts: FindParts, uids: readonly MeasurementUid[]): Promise<void> {
  const folders = new Set(uids.map(hourFolderName));
  const wanted = new Set(uids.map(({ text }) => text));
  for (const manifest of await parts.outgoing.list()) {
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
  const keys: string[] = [];
  for await (const { key } of parts.objects.list(folderPrefix(folder)))
    if (parseObjectKey(key)?.kind === 'jsonl') keys.push(key);
  if (keys.length === 0) return [];
  const { sql, values } = loggedObjectsQuery(keys);
  const answer = await parts.clickhouse.query({
    query: sql,
    query_params: values,
    format: 'JSONEachRow',
  });
  const logged = await answer.json<LoggedObject>();
  const found: FoundObject[] = [];
  const left = new Set(wanted);
  for (const row of logged) {
    const [key, firstLeaf, leaves] = [row.s3path, Number(row.first_leaf), Number(row.leaves)];
    const { can } = parseObjectKey(key)!;
    const mine = row.collector_id === parts.collectorId;
    const readPart: ReadPart = mine
      ? parts.transparencyLog.readPart
      : (path) => readObject(parts.objects, logPrefix(row.collector_id) + path);
    const size = mine ? parts.transparencyLog.size : firstLeaf + leaves;
    const uids = new Set<string>();
    for await (const leaf of leavesFrom(readPart, size, firstLeaf, leaves))
      if (leaf.kind === 'published' && left.delete(leaf.uid)) uids.add(leaf.uid);
    if (uids.size === 0) continue;
    if (!mine)
      throw new FatalError(
        `${[...uids][0]} was published by the host with the collector_id ${row.collector_id}, whose key must sign its removal: ask for it there`,
        EXIT.unavailable,
      );
    found.push({ can, key, firstLeaf, leaves, uids });
  }
  const unlogged = keys.filter((key) => !logged.some(({ s3path }) => s3path === key));
  if (left.size > 0 && unlogged.length > 0)
    throw new FatalError(
      `${[...left][0]} may be in ${unlogged[0]}, which no log covers: when it is being published now, ask again after; else see docs/archive.md, "Removing a measurement"`,
      EXIT.unavailable,
    );
  return found;
}
