/** Names of networks, with their history (protocol, data A.4). */
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const asnmeta: Migration = {
  number: 3,
  name: 'asnmeta',
  statements: (database: string, engine: EngineOptions) => [
    `CREATE TABLE IF NOT EXISTS ${database}.asnmeta${onCluster(engine)} (
      asn UInt32,
      org_name String,
      cc String,
      changed Date,
      aut_name String,
      source String
    ) ENGINE = ${tableEngine('MergeTree', '', engine)} ORDER BY (asn, changed)`,
  ],
};
