/** Counts by day for long ranges (docs/design/day-counters.md), and by what it is known whether they hold. */
import { DAY_STATE } from '../dayCounters.ts';
import { type EngineOptions, type Migration, onCluster, rowsOf, tableEngine } from './engine.ts';

export const dayCounters: Migration = {
  number: 8,
  name: 'day_counters',
  statements: (database, engine) => [
    // Parts that are merged may lose rows to later versions: the projection is made of those that stay.
    `ALTER TABLE ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)}
      MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'`,
    `ALTER TABLE ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)} ADD PROJECTION IF NOT EXISTS day_state (
      SELECT toDate(measurement_start_time), count(), ${DAY_STATE}
      GROUP BY toDate(measurement_start_time)
    )`,
    // Goes on by itself; until it is done the rows of older parts are read.
    `ALTER TABLE ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)} MATERIALIZE PROJECTION day_state
      SETTINGS mutations_sync = 0`,
    counters(database, engine, 'network_days', 'probe_asn UInt32'),
    counters(database, engine, 'domain_days', 'domain String'),
    `CREATE TABLE IF NOT EXISTS ${database}.counted_days${onCluster(engine)} (
      day Date,
      state UInt64,
      counted_at DateTime64(3, 'UTC')
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'counted_at', engine)} ORDER BY day`,
  ],
  // Each day is counted anew by ooni-api, the latest first; meanwhile the rows are read.
  rebuild: (database) => [
    `TRUNCATE TABLE ${database}.counted_days`,
    `TRUNCATE TABLE ${database}.network_days`,
    `TRUNCATE TABLE ${database}.domain_days`,
  ],
};

// A day that is counted again replaces its rows, with zeros for what is there no more.
function counters(database: string, engine: EngineOptions, name: string, first: string): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.${name}${onCluster(engine)} (
    ${first},
    day Date,
    probe_cc LowCardinality(String),
    test_name LowCardinality(String),
    anomaly_count UInt32,
    confirmed_count UInt32,
    failure_count UInt32,
    ok_count UInt32,
    measurement_count UInt32,
    version UInt64,
    INDEX country probe_cc TYPE set(100) GRANULARITY 1
  ) ENGINE = ${tableEngine('ReplacingMergeTree', 'version', engine)}
  PARTITION BY toYear(day)
  ORDER BY (${first.split(' ')[0]}, day, probe_cc, test_name)`;
}
