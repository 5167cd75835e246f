/** Deleting all rows of measurements, for good. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';

/** The tables that say something about a single measurement. */
const TABLES = ['fastpath', 'obs_openvpn', 'jsonl'] as const;

/**
 * Deletes the rows of these measurements, and resolves with how many there were (versions of a row
 * that were not merged yet count each) when the tables have none any more.
 *
 * A mutation, not a lightweight DELETE, which would leave the values on disk until some merge. It
 * writes whole parts anew, which takes as long as the table is large: no request waits for that, its
 * state is asked for. Other replicas of the table do the same from the queue that they share.
 */
export async function deleteRows(
  client: ClickHouseClient,
  uids: readonly string[],
): Promise<number> {
  for (const uid of uids)
    if (parseMeasurementUid(uid) === undefined) throw new Error(`not a measurement uid: ${uid}`);
  // Uids are of letters that need no escape.
  const where = `measurement_uid IN (${uids.map((uid) => `'${uid}'`).join(',')})`;
  let deleted = 0;
  for (const table of TABLES) {
    const found = await countRows(client, table, where);
    if (found === 0) continue;
    await client.command({
      query: `ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 0`,
    });
    await mutationsDone(client, table, uids[0]!);
    const left = await countRows(client, table, where);
    if (left > 0) throw new Error(`${left} rows are still in ${table} after they were deleted`);
    deleted += found;
  }
  return deleted;
}

/** Longest pause between two looks at a mutation. */
const LOOK_EVERY_MS = 5_000;

/** Waits until no mutation that names this uid is on its way in a table. Throws for one that fails. */
async function mutationsDone(client: ClickHouseClient, table: string, uid: string): Promise<void> {
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, LOOK_EVERY_MS)) {
    const answer = await client.query({
      query: `SELECT latest_fail_reason AS reason FROM system.mutations
        WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done
        AND position(command, {uid:String}) > 0`,
      query_params: { table, uid },
      format: 'JSONEachRow',
    });
    const open = await answer.json<{ reason: string }>();
    if (open.length === 0) return;
    const failed = open.find(({ reason }) => reason !== '');
    if (failed !== undefined)
      throw new Error(`rows cannot be deleted from ${table}: ${failed.reason}`);
    await sleep(pauseMs);
  }
}

/** Rows of one measurement in all tables. */
export async function countMeasurementRows(client: ClickHouseClient, uid: string): Promise<number> {
  if (parseMeasurementUid(uid) === undefined) throw new Error(`not a measurement uid: ${uid}`);
  let rows = 0;
  for (const table of TABLES) rows += await countRows(client, table, `measurement_uid = '${uid}'`);
  return rows;
}

async function countRows(client: ClickHouseClient, table: string, where: string): Promise<number> {
  const answer = await client.query({
    query: `SELECT count() AS found FROM ${table} WHERE ${where}`,
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ found: number | string }>();
  return Number(row!.found);
}
