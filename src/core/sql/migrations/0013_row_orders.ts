/**
 * The columns of a search's page in two more orders, by domain and by network (docs/design/search.md): as projections,
 * which versions of a measurement, deletions and changes reach as they reach the rows.
 */
import { BY_DOMAIN, BY_NETWORK, type RowOrder } from '../projections.ts';
import { type EngineOptions, type Migration, onCluster, rowsOf } from './engine.ts';

const COLUMNS = `measurement_uid, report_id, input, domain, probe_cc, probe_asn, test_name, measurement_start_time,
  scores, anomaly, confirmed, msm_failure, is_verified, update_time`;

export const rowOrders: Migration = {
  number: 13,
  name: 'row_orders',
  statements: (database: string, engine: EngineOptions) => {
    const fastpath = `ALTER TABLE ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)}`;
    return [BY_DOMAIN, BY_NETWORK].flatMap(({ projection, column }: RowOrder) => [
      // To the end of the table's key: where rows had to be sorted by the rest of it, all would be read for a page.
      // And a page is a hundred rows: fewer are read around them than the table's own 8192.
      `${fastpath} ADD PROJECTION IF NOT EXISTS ${projection} (
        SELECT ${COLUMNS} ORDER BY ${column}, measurement_start_time, report_id, input, measurement_uid
      ) WITH SETTINGS (index_granularity = 1024)`,
      // Goes on by itself; until it is done older parts are read in the order of their key.
      `${fastpath} MATERIALIZE PROJECTION ${projection} SETTINGS mutations_sync = 0`,
    ]);
  },
};
