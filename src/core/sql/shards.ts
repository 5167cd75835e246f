/**
 * Tables of a cluster with several shards (docs/scaling.md). Those with a row for each measurement are spread over
 * the shards: `fastpath_local` holds a shard's rows, and `fastpath`, under which every statement asks and inserts,
 * stands for all of them (a Distributed table). All other tables are whole on every server.
 */
import type { Query } from './query.ts';

/** Which shard a row belongs to: all versions of a row to the same, since FINAL and merges see one shard at a time. */
const SHARD_KEYS = {
  fastpath: 'cityHash64(measurement_uid)',
  // Looked up by its report, and rows of old uploaders have no uid.
  jsonl: 'cityHash64(report_id)',
  // A hash already. Its rows come from a view, on the shard where the measurement's row is.
  counters_asn_test_list: 'measurement',
} as const;

export type SpreadTable = keyof typeof SHARD_KEYS;

export const SPREAD_TABLES = Object.keys(SHARD_KEYS) as readonly SpreadTable[];

/** The table that holds a shard's rows. */
export const localTable = (table: SpreadTable) => `${table}_local`;

/** `system.mutations` of all shards. */
export const MUTATIONS_OF_SHARDS = 'mutations_of_shards';

/** The engine of the table that stands for the shards' tables. */
export function distributedEngine(database: string, table: SpreadTable, cluster: string): string {
  return `Distributed('${cluster}', '${database}', '${localTable(table)}', ${SHARD_KEYS[table]})`;
}

/** The same over a table of the server. */
export function mutationsEngine(cluster: string): string {
  return `Distributed('${cluster}', 'system', 'mutations')`;
}

/** What a table stands for that holds no rows itself. */
export interface ShardTables {
  readonly cluster: string;
  readonly database: string;
  readonly table: string;
}

/** ShardTables of a table; no row where it holds its rows itself. */
export function shardTablesQuery(table: string): Query {
  return {
    sql: `SELECT named[1] AS cluster, named[2] AS database, named[3] AS table
FROM (
  SELECT extractAll(engine_full, '\\'([^\\']+)\\'') AS named
  FROM system.tables
  WHERE database = currentDatabase() AND name = {table:String} AND engine = 'Distributed'
)`,
    values: { table },
  };
}

/** How many shards a cluster has; 0: the server knows no such cluster. */
export function countShardsQuery(cluster: string): Query {
  return {
    sql: 'SELECT toUInt32(uniqExact(shard_num)) AS shards FROM system.clusters WHERE cluster = {cluster:String}',
    values: { cluster },
  };
}

/** The engine of the table of measurements; no row where it is not there yet. */
export function madeEngineQuery(database: string): Query {
  return {
    sql: "SELECT engine FROM system.tables WHERE database = {database:String} AND name = 'fastpath'",
    values: { database },
  };
}
