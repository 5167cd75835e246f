/** Deleting all rows of measurements for good, and how far the server is with it. */
import { textLiteral, textLiterals } from './literal.ts';
import type { Query } from './query.ts';
import { MUTATIONS_OF_SHARDS, type ShardTables } from './shards.ts';

/**
 * The tables that say something about a single measurement: what was made of it, what people said of it, and
 * what an analysis pipeline found in it.
 */
export const MEASUREMENT_TABLES = [
  'fastpath',
  'obs_openvpn',
  'jsonl',
  'msmt_feedback',
  'faulty_measurements',
  'obs_web',
  'obs_web_ctrl',
  'analysis_web_measurement',
] as const;

export type MeasurementTable = (typeof MEASUREMENT_TABLES)[number];

const rowsOf = (table: MeasurementTable, uids: readonly string[]) =>
  `${table === 'faulty_measurements' ? 'uid' : 'measurement_uid'} IN (${textLiterals(uids)})`;

/** How many rows these measurements have, versions that were not merged yet each for itself. */
export function countRowsSql(table: MeasurementTable, uids: readonly string[]): string {
  return `SELECT count() AS found FROM ${table} WHERE ${rowsOf(table, uids)}`;
}

/** Begins a mutation, and does not wait for it. `shards`: where the table is spread over them; each does the same. */
export function deleteRowsSql(
  table: MeasurementTable,
  uids: readonly string[],
  shards?: ShardTables,
): string {
  const place =
    shards === undefined
      ? table
      : `${shards.database}.${shards.table} ON CLUSTER ${textLiteral(shards.cluster)}`;
  return `ALTER TABLE ${place} DELETE WHERE ${rowsOf(table, uids)} SETTINGS mutations_sync = 0`;
}

/** Mutations on their way in a table that delete all of these measurements. */
export function openMutationsQuery(
  table: MeasurementTable,
  uids: readonly string[],
  shards?: ShardTables,
): Query {
  const [mutations, database] =
    shards === undefined
      ? ['system.mutations', 'currentDatabase()']
      : [MUTATIONS_OF_SHARDS, '{database:String}'];
  return {
    sql: `SELECT mutation_id AS id, latest_fail_reason AS reason, parts_to_do AS parts
FROM ${mutations}
WHERE database = ${database} AND table = {table:String} AND NOT is_done
  AND arrayAll(uid -> position(command, uid) > 0, {uids:Array(String)})`,
    values: { table, uids, ...shards },
  };
}
