/** Deleting all rows of measurements, for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import {
  countRowsSql,
  deleteRowsSql,
  MEASUREMENT_TABLES,
  type MeasurementTable,
  openMutationsQuery,
} from '../../core/sql/deletion.ts';
import { type ShardTables, shardTablesQuery } from '../../core/sql/shards.ts';

const MAX_ROUNDS = 3;

/** A deletion that takes its time: how many parts of the table are still to be written anew. */
export type OnDeleting = (progress: { readonly table: string; readonly partsLeft: number }) => void;

/**
 * Deletes the rows of these measurements, and resolves with how many there were (versions of a row
 * that were not merged yet count each) when the tables have none any more.
 *
 * A mutation, not a lightweight DELETE, which would leave the values on disk until some merge. It
 * writes whole parts anew, which takes as long as the table is large: no request waits for that, its
 * state is asked for. Other replicas of the table do the same from the queue that they share, and other
 * shards are told by the server.
 *
 * The state is asked for first: who may not see it must not begin what cannot be waited for, and a
 * mutation of an earlier try that is still at work is waited for in place of a second one behind it.
 */
export async function deleteRows(
  client: ClickHouseClient,
  uids: readonly string[],
  onDeleting: OnDeleting = () => {},
): Promise<number> {
  for (const uid of uids)
    if (parseMeasurementUid(uid) === undefined) throw new Error(`not a measurement uid: ${uid}`);
  let deleted = 0;
  for (const table of MEASUREMENT_TABLES) {
    const shards = await shardsOf(client, table);
    const found = await countRows(client, table, uids);
    await mutationsDone(client, { table, shards }, uids, onDeleting);
    let left = await countRows(client, table, uids);
    // A mutation is of the rows that were there when it was queued: others may come in meanwhile.
    for (let round = 0; left > 0 && round < MAX_ROUNDS; round++) {
      await client.command({ query: deleteRowsSql(table, uids, shards) });
      await mutationsDone(client, { table, shards }, uids, onDeleting);
      left = await countRows(client, table, uids);
    }
    if (left > 0) throw new Error(`${left} rows are still in ${table} after they were deleted`);
    deleted += found;
  }
  return deleted;
}

interface Place {
  readonly table: MeasurementTable;
  /** Where it is spread over shards. */
  readonly shards: ShardTables | undefined;
}

async function shardsOf(
  client: ClickHouseClient,
  table: MeasurementTable,
): Promise<ShardTables | undefined> {
  const { sql, values } = shardTablesQuery(table);
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  return (await answer.json<ShardTables>())[0];
}

/** Pauses between two looks at a mutation; at the longest its progress is told. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3_000;

/** Waits until no mutation of these uids is on its way in a table. Throws for one that fails. */
async function mutationsDone(
  client: ClickHouseClient,
  { table, shards }: Place,
  uids: readonly string[],
  onDeleting: OnDeleting,
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const open = await openMutations(client, { table, shards }, uids);
    if (open.length === 0) return;
    const failed = open.find(({ reason }) => reason !== '');
    if (failed !== undefined)
      throw new Error(
        `rows cannot be deleted from ${table}: ${failed.reason} (mutation ${failed.id} of system.mutations)`,
      );
    if (pauseMs === LONGEST_PAUSE_MS)
      onDeleting({ table, partsLeft: Math.max(...open.map(({ parts }) => Number(parts))) });
    await sleep(pauseMs);
  }
}

interface OpenMutation {
  readonly id: string;
  readonly reason: string;
  /** A 64-bit number, which comes as text or not after the server's settings. */
  readonly parts: number | string;
}

async function openMutations(
  client: ClickHouseClient,
  { table, shards }: Place,
  uids: readonly string[],
): Promise<OpenMutation[]> {
  const { sql, values } = openMutationsQuery(table, uids, shards);
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  return answer.json<OpenMutation>();
}

/** Rows of one measurement in all tables. */
export async function countMeasurementRows(client: ClickHouseClient, uid: string): Promise<number> {
  if (parseMeasurementUid(uid) === undefined) throw new Error(`not a measurement uid: ${uid}`);
  let rows = 0;
  for (const table of MEASUREMENT_TABLES) rows += await countRows(client, table, [uid]);
  return rows;
}

async function countRows(
  client: ClickHouseClient,
  table: MeasurementTable,
  uids: readonly string[],
): Promise<number> {
  const answer = await client.query({ query: countRowsSql(table, uids), format: 'JSONEachRow' });
  const [row] = await answer.json<{ found: number | string }>();
  return Number(row!.found);
}
