/** Outside data: its history, and every set of fingerprints that was in use (docs/sources.md). */
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const sourceVersions: Migration = {
  number: 6,
  name: 'source_versions',
  statements: (database: string, engine: EngineOptions) => [
    // kind: `fetched`, or `back` when the former content was put in place again, and `withdrawn` is the
    // SHA-256 of what it replaced.
    `CREATE TABLE IF NOT EXISTS ${database}.source_versions${onCluster(engine)} (
      job LowCardinality(String),
      taken_at DateTime64(3, 'UTC'),
      kind LowCardinality(String),
      source String,
      validators String,
      sha256 String,
      rows UInt64,
      withdrawn String,
      host LowCardinality(String)
    ) ENGINE = ${tableEngine('MergeTree', '', engine)} ORDER BY (job, taken_at)`,
    // The files as they were fetched, so that a score can be made again with the very set that made it.
    `CREATE TABLE IF NOT EXISTS ${database}.fingerprint_sets${onCluster(engine)} (
      sha256 String,
      dns String CODEC(ZSTD(3)),
      http String CODEC(ZSTD(3)),
      update_time DateTime64(3) MATERIALIZED now64(3)
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'update_time', engine)} ORDER BY sha256`,
  ],
};
