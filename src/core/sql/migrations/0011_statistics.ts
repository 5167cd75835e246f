/**
 * Sums that the server keeps with the parts of `fastpath`, for statistics over all of its rows: networks by
 * country and month, and domains by test. Queries that ask for such groups read them by themselves.
 */
import { type EngineOptions, type Migration, onCluster, rowsOf } from './engine.ts';

export const statistics: Migration = {
  number: 11,
  name: 'statistics',
  statements: (database: string, engine: EngineOptions) => {
    const fastpath = `ALTER TABLE ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)}`;
    const projection = (name: string, columns: string, keys: string) => [
      `${fastpath} ADD PROJECTION IF NOT EXISTS ${name} (SELECT ${keys}, ${columns} GROUP BY ${keys})`,
      // Goes on by itself; until it is done the rows of older parts are read.
      `${fastpath} MATERIALIZE PROJECTION ${name} SETTINGS mutations_sync = 0`,
    ];
    return [
      ...projection(
        'network_months',
        'count(), min(measurement_start_time)',
        'probe_cc, probe_asn, toStartOfMonth(measurement_start_time)',
      ),
      ...projection('domain_tests', 'count()', 'domain, test_name'),
    ];
  },
};
