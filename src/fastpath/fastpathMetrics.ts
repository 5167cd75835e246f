/** Prometheus metrics of ooni-fastpath (docs/metrics.md). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { withoutUnderscores } from '../core/nettests/testNameForms.ts';
import { TEST_NAMES } from '../core/nettests/testNames.ts';

export type FastpathMetrics = ReturnType<typeof makeMetrics>;

// Test names come from outside: a label takes only known ones, or a peer could fill our memory.
export function testNameLabel(testName: string): string {
  return TEST_NAMES.has(testName) ? testName : 'other';
}

const LABELS_BY_PLAIN_NAME: ReadonlyMap<string, string> = new Map(
  [...TEST_NAMES].map((name) => [withoutUnderscores(name), name]),
);

/** The same for a measurement of which nothing else is known: its uid names the test. */
export function testNameLabelOfUid(uid: string): string {
  return LABELS_BY_PLAIN_NAME.get(uid.split('_')[2] ?? '') ?? 'other';
}

export function makeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'ooni_fastpath_' });
  return {
    registry,
    measurements: new Counter({
      name: 'ooni_fastpath_measurements_total',
      help: 'Measurements that left pending/, by outcome: row, discard, quarantine',
      labelNames: ['test_name', 'outcome'],
      registers,
    }),
    quarantineFull: new Counter({
      name: 'ooni_fastpath_quarantine_full_total',
      help: 'Measurements in no row of which no copy was kept, because quarantine/ was full',
      registers,
    }),
    discarded: new Counter({
      name: 'ooni_fastpath_discarded_total',
      help: 'Measurements without a row, by reason',
      labelNames: ['reason'],
      registers,
    }),
    scoringSeconds: new Histogram({
      name: 'ooni_fastpath_scoring_seconds',
      help: 'Time to read and score one measurement',
      labelNames: ['test_name'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    measurementBytes: new Counter({
      name: 'ooni_fastpath_measurement_bytes_total',
      help: 'Size of the measurements scored',
      registers,
    }),
    receiptToRowSeconds: new Histogram({
      name: 'ooni_fastpath_receipt_to_row_seconds',
      help: 'Time from receipt by the api to the row confirmed by ClickHouse',
      buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 3600, 86400],
      registers,
    }),
    batchRows: new Histogram({
      name: 'ooni_fastpath_batch_rows',
      help: 'Rows in one confirmed batch',
      buckets: [1, 10, 50, 100, 250, 500, 1000, 2000, 5000, 10000],
      registers,
    }),
    insertSeconds: new Histogram({
      name: 'ooni_fastpath_insert_seconds',
      help: 'Time to insert one batch, with repetitions',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers,
    }),
    insertFailures: new Counter({
      name: 'ooni_fastpath_insert_failures_total',
      help: 'Inserts that ClickHouse did not confirm and that are tried again',
      registers,
    }),
    threadRestarts: new Counter({
      name: 'ooni_fastpath_thread_restarts_total',
      help: 'Scoring threads that died or were stopped, and were replaced',
      registers,
    }),
    unreadable: new Counter({
      name: 'ooni_fastpath_unreadable_total',
      help: 'Attempts to read a pending measurement that the disk refused',
      registers,
    }),
    removalFailures: new Counter({
      name: 'ooni_fastpath_removal_failures_total',
      help: 'Attempts to take a measurement out of pending/ that the disk refused',
      registers,
    }),
    droppedHints: new Gauge({
      name: 'ooni_fastpath_dropped_hints',
      help: 'Hints over the limit since the start; a sweep finds those measurements',
      registers,
    }),
    pending: new Gauge({
      name: 'ooni_fastpath_pending_measurements',
      help: 'Measurements in pending/ when last counted',
      registers,
    }),
    oldestPendingSeconds: new Gauge({
      name: 'ooni_fastpath_oldest_pending_age_seconds',
      help: 'Age of the oldest measurement in pending/ when last counted',
      registers,
    }),
    fingerprints: new Gauge({
      name: 'ooni_fastpath_fingerprints',
      help: 'Fingerprints in use',
      labelNames: ['table'],
      registers,
    }),
    fingerprintsLoaded: new Gauge({
      name: 'ooni_fastpath_fingerprints_loaded_timestamp_seconds',
      help: 'When the fingerprints in use were read from ClickHouse',
      registers,
    }),
  };
}
