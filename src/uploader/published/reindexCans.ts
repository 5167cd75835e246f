/**
 * Rows made again from the log and the objects: those of `jsonl` and `archive_log` are nowhere else when
 * ClickHouse was lost. Newer rows replace older ones, so that it can be done at any time and again.
 */

import { archiveLogRow } from '../../core/archive/jsonlRows.ts';
import { parseObjectKey } from '../../core/archive/names.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../../edge/clickhouse/insert.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { bodyPlaces } from '../can/manifest.ts';
import type { Retry } from '../common/retry.ts';
import { type LoggedPlace, leavesFrom, type ReadableLog } from '../tlog/tlogLeaves.ts';
import { insertRows } from './insertRows.ts';
import { publishedIndex } from './publishedIndex.ts';

export interface ReindexParts {
  readonly objects: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly retry: Retry;
}

/**
 * Writes the rows of one object; gives how many of `jsonl`. `once`: differs from one call to another, or
 * the server would take the rows for those of an earlier call and drop them. Throws FatalError where the
 * object is not as it was published.
 */
export async function reindexObject(
  parts: ReindexParts,
  log: ReadableLog,
  place: LoggedPlace,
  once: string,
): Promise<number> {
  const { can } = parseObjectKey(place.key)!;
  const leaves = leavesFrom(log, place.firstLeaf, place.leaves);
  const index = publishedIndex(parts.objects, can, leaves);
  const token = `${place.key}#again#${once}`;
  const rows = await insertRows(parts, can, bodyPlaces(index), token);
  const row = archiveLogRow(can, place.firstLeaf, place.leaves);
  await parts.retry('insert into archive_log', () =>
    insertLines(parts.clickhouse, 'archive_log', [row], token),
  );
  return rows;
}
