/** Where in a collector's Merkle log the lines of an object are (docs/archive.md). */
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const archiveLog: Migration = {
  number: 2,
  name: 'archive_log',
  statements: (database: string, engine: EngineOptions) => [
    // Line n of the object is leaf first_leaf + n of the log of collector_id.
    `CREATE TABLE IF NOT EXISTS ${database}.archive_log${onCluster(engine)} (
      s3path String,
      collector_id LowCardinality(String),
      first_leaf UInt64,
      leaves UInt32,
      update_time DateTime64(3) MATERIALIZED now64(3)
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'update_time', engine)} ORDER BY s3path`,
  ],
};
