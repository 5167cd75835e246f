/**
 * Replacing a table by another content, and the history of that. A content is loaded into a table of its
 * own, and exchanged with the live one; what was live is then in `…_flip`. Names are ours alone.
 */
import { textLiteral } from './literal.ts';
import { type EngineOptions, onCluster } from './migrations/engine.ts';
import type { Query } from './query.ts';

/** Where the former content of a table is. */
export const formerTable = (table: string) => `${table}_flip`;

const LOAD = '_load_';
/** `run`: letters and digits that no other run has. */
export const loadTable = (table: string, run: string) => `${table}${LOAD}${run}`;

/** Engine, comment and number of rows of tables; those that are not there have no row. */
export function tableStatesQuery(tables: readonly string[]): Query {
  return {
    sql: `SELECT name, engine, comment, total_rows AS rows FROM system.tables
WHERE database = currentDatabase() AND name IN ({tables:Array(String)})`,
    values: { tables },
  };
}

/** Load tables of runs that ended before they could take them away, an hour ago or more. */
export function leftoversQuery(table: string): Query {
  return {
    sql: `SELECT name FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
  AND metadata_modification_time < now() - INTERVAL 1 HOUR`,
    values: { prefix: `${table}${LOAD}` },
  };
}

export function countSql(table: string): string {
  return `SELECT count() AS n FROM ${table}`;
}

/** Rows by country; `countries`: an expression that gives the array of a row's. */
export function countriesSql(table: string, countries: string): string {
  return `SELECT cc, count() AS n FROM (SELECT arrayJoin(${countries}) AS cc FROM ${table}) GROUP BY cc`;
}

export function createLoadSql(
  table: string,
  load: string,
  comment: string,
  engine: EngineOptions,
): string {
  return `CREATE TABLE ${load}${onCluster(engine)} AS ${table} COMMENT ${textLiteral(comment)}`;
}

/** Where there is no former content yet. */
export function createFormerSql(table: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${formerTable(table)}${onCluster(engine)} AS ${table} COMMENT ''`;
}

export function dropLoadSql(load: string, engine: EngineOptions): string {
  return `DROP TABLE IF EXISTS ${load}${onCluster(engine)} SYNC`;
}

/** Waits until each replica has what was inserted. */
export function syncLoadSql(load: string, engine: EngineOptions): string {
  return `SYSTEM SYNC REPLICA${onCluster(engine)} ${load}`;
}

/** All in one statement: two of these at once wait for each other. */
export function exchangeSql(
  pairs: readonly (readonly [string, string])[],
  engine: EngineOptions,
): string {
  const list = pairs.map(([one, other]) => `${one} AND ${other}`).join(', ');
  return `EXCHANGE TABLES ${list}${onCluster(engine)}`;
}

/** What was put in place and when; newest first. */
export function versionsQuery(job: string, limit: number): Query {
  return {
    sql: `SELECT kind, source, validators, sha256, rows, withdrawn, host,
  toUnixTimestamp64Milli(taken_at) AS taken_at_ms
FROM source_versions WHERE job = {job:String} ORDER BY taken_at DESC LIMIT {limit:UInt32}`,
    values: { job, limit },
  };
}

/** The files of a set of fingerprints. */
export function fingerprintSetQuery(sha256: string): Query {
  return {
    sql: 'SELECT dns, http FROM fingerprint_sets WHERE sha256 = {sha256:String} LIMIT 1',
    values: { sha256 },
  };
}

/** The hashes of all sets that were ever put in place. */
export const FINGERPRINT_SETS_SQL = 'SELECT DISTINCT sha256 FROM fingerprint_sets ORDER BY sha256';
