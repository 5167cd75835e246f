/** How tables are made: on one server, on a replicated cluster, or on one with several shards (docs/scaling.md). */
import {
  distributedEngine,
  localTable,
  MUTATIONS_OF_SHARDS,
  mutationsEngine,
  type SpreadTable,
} from '../shards.ts';

export interface EngineOptions {
  /** Name of the cluster: `ON CLUSTER` and replicated engines. Absent: one server. */
  readonly cluster?: string | undefined;
  /** The cluster has several shards. */
  readonly sharded?: boolean;
}

export function onCluster(options: EngineOptions): string {
  return options.cluster === undefined ? '' : ` ON CLUSTER '${options.cluster}'`;
}

/**
 * `ReplacingMergeTree(version)`, or its replicated form: with the server's default paths, which are a shard's own, or
 * with one path for the servers of all shards, where the table is whole on each of them.
 */
export function tableEngine(family: string, argument: string, options: EngineOptions): string {
  if (options.sharded !== true) return localEngine(family, argument, options);
  const place = "'/clickhouse/tables/{uuid}/all', '{shard}-{replica}'";
  return `Replicated${family}(${argument === '' ? place : `${place}, ${argument}`})`;
}

/** Of a table that holds the rows of its shard. */
export function localEngine(family: string, argument: string, options: EngineOptions): string {
  return `${options.cluster === undefined ? '' : 'Replicated'}${family}(${argument})`;
}

/** The table that holds the rows: this is what is changed, and what a view follows. */
export function rowsOf(table: SpreadTable, options: EngineOptions): string {
  return options.sharded === true ? localTable(table) : table;
}

/** Statements that make the tables that stand for those of all shards; none where there is one shard. */
export function spreadStatements(
  database: string,
  tables: readonly SpreadTable[],
  options: EngineOptions,
): readonly string[] {
  const { cluster, sharded } = options;
  if (sharded !== true || cluster === undefined) return [];
  return tables.map(
    (table) =>
      `CREATE TABLE IF NOT EXISTS ${database}.${table}${onCluster(options)} AS ${database}.${localTable(table)}
  ENGINE = ${distributedEngine(database, table, cluster)}`,
  );
}

/** The same for what shards are at work on. */
export function mutationsStatements(database: string, options: EngineOptions): readonly string[] {
  const { cluster, sharded } = options;
  if (sharded !== true || cluster === undefined) return [];
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${MUTATIONS_OF_SHARDS}${onCluster(options)} AS system.mutations
  ENGINE = ${mutationsEngine(cluster)}`,
  ];
}

/**
 * For a change of a table that is whole on every server: its replicas pass it on, and shards that make the same one
 * at once would be in each other's way.
 */
export function onReplicas(options: EngineOptions): string {
  return options.sharded === true ? '' : onCluster(options);
}

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Idempotent statements; `database` is a checked identifier. */
  readonly statements: (database: string, engine: EngineOptions) => readonly string[];
  /**
   * Fill what the database then keeps up to date by itself, from the tables that it is made from. Run after
   * the statements, and again whenever an operator wants it: running it twice counts nothing twice.
   */
  readonly rebuild?: (database: string) => readonly string[];
}
