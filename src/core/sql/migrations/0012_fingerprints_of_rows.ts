/** Which set of fingerprints a row was scored with (docs/sources.md); empty: before this, or tables filled by hand. */
import { type EngineOptions, type Migration, onCluster, rowsOf } from './engine.ts';

export const fingerprintsOfRows: Migration = {
  number: 12,
  name: 'fingerprints_of_rows',
  statements: (database: string, engine: EngineOptions) =>
    // What holds the rows first: the other one asks it for all columns that it has itself.
    [...new Set([rowsOf('fastpath', engine), 'fastpath'])].map(
      (table) => `ALTER TABLE ${database}.${table}${onCluster(engine)}
      ADD COLUMN IF NOT EXISTS fingerprints_sha256 LowCardinality(String) DEFAULT ''`,
    ),
};
