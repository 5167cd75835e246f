/**
 * How many measurements were counted of a day: where it has as many rows, none is there twice, and they can be
 * read as they are (docs/design/day-counters.md).
 */
import { type EngineOptions, type Migration, onReplicas } from './engine.ts';

export const countedMeasurements: Migration = {
  number: 10,
  name: 'counted_measurements',
  statements: (database: string, engine: EngineOptions) => [
    `ALTER TABLE ${database}.counted_days${onReplicas(engine)}
      ADD COLUMN IF NOT EXISTS measurements UInt64 DEFAULT 0 AFTER state`,
    // Counted anew by ooni-api, the latest day first; meanwhile the rows are read.
    `TRUNCATE TABLE ${database}.counted_days${onReplicas(engine)}`,
  ],
};
