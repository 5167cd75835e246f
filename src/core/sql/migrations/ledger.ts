/** The table in which a database notes the migrations that it has. */
import type { Query } from '../query.ts';
import { type EngineOptions, onCluster, tableEngine } from './engine.ts';

export const LEDGER = 'ooni_migrations';

/** Statements that make the database and the table in it, where they are not there. */
export function ledgerStatements(database: string, engine: EngineOptions): readonly string[] {
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}${onCluster(engine)}`,
    `CREATE TABLE IF NOT EXISTS ${database}.${LEDGER}${onCluster(engine)} (
      number UInt32, name String, applied_at DateTime DEFAULT now()
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'applied_at', engine)} ORDER BY number`,
  ];
}

/** A row when the database has the table. */
export function hasLedgerQuery(database: string): Query {
  return {
    sql: 'SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {name:String}',
    values: { database, name: LEDGER },
  };
}

/** Numbers of the migrations that were applied. */
export function appliedSql(database: string): string {
  return `SELECT DISTINCT number FROM ${database}.${LEDGER}`;
}
