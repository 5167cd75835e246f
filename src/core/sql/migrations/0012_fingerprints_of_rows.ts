/** Which set of fingerprints a row was scored with (docs/sources.md); empty: before this, or tables filled by hand. */
import { type EngineOptions, type Migration, onCluster } from './engine.ts';

export const fingerprintsOfRows: Migration = {
  number: 12,
  name: 'fingerprints_of_rows',
  statements: (database: string, engine: EngineOptions) => [
    `ALTER TABLE ${database}.fastpath${onCluster(engine)}
      ADD COLUMN IF NOT EXISTS fingerprints_sha256 LowCardinality(String) DEFAULT ''`,
  ],
};
