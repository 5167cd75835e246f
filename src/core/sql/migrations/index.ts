/** All migrations, in order. A published one is never edited: changes are a new number. */
import { base } from './0001_base.ts';
import { archiveLog } from './0002_archive_log.ts';
import { asnmeta } from './0003_asnmeta.ts';
import { analysis } from './0004_analysis.ts';
import { prioritisation } from './0005_prioritisation.ts';
import { sourceVersions } from './0006_source_versions.ts';
import { accounts } from './0007_accounts.ts';
import { dayCounters } from './0008_day_counters.ts';
import { faultyMeasurements } from './0009_faulty_measurements.ts';
import { countedMeasurements } from './0010_counted_measurements.ts';
import { statistics } from './0011_statistics.ts';
import { fingerprintsOfRows } from './0012_fingerprints_of_rows.ts';
import { rowOrders } from './0013_row_orders.ts';
import type { Migration } from './engine.ts';

export type { EngineOptions } from './engine.ts';

export const MIGRATIONS: readonly Migration[] = [
  base,
  archiveLog,
  asnmeta,
  analysis,
  prioritisation,
  sourceVersions,
  accounts,
  dayCounters,
  faultyMeasurements,
  countedMeasurements,
  statistics,
  fingerprintsOfRows,
  rowOrders,
];
