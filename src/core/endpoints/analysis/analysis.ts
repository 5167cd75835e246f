/** GET /api/v1/analysis: what observations say of blocking, by measurement (protocol, data 4.9). */

import { ANALYSIS_COLUMNS } from '../../sql/analysisTables.ts';
import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { withFraction } from '../../time/datetime.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { orderParameters, pageMetadata, pageParameters, readPage } from '../page.ts';
import { asnList, datetime, text } from '../parameters.ts';
import { lastDays } from './analysisWindow.ts';

const PATH = '/api/v1/analysis';
const COLUMNS = Object.keys(ANALYSIS_COLUMNS).filter((name) => name !== 'ooni_run_link_id');

interface Rows extends RowsByQuery {
  readonly analyses: readonly Readonly<Record<string, unknown>>[];
}

export const analysis = endpoint({
  path: PATH,
  summary: 'How likely DNS, TCP and TLS were blocked, down or fine in each measurement',
  cacheSeconds: 60,
  parameters: {
    measurement_uid: text('One measurement, of any time'),
    probe_asn: asnList('Network, as an AS number'),
    probe_cc: text('Country, as two letters', { minLength: 2, maxLength: 2 }),
    test_name: text('Test'),
    ooni_run_link_id: text('Measurements that this OONI Run link asked for'),
    since: datetime('Measured at this time or later; by default 30 days before today'),
    until: datetime('Measured up to and with this; by default the first instant of today'),
    ...orderParameters,
    ...pageParameters,
  },
  read(given, nowMs) {
    return {
      kind: 'ok',
      asked: {
        measurementUid: given.measurement_uid,
        asns: given.probe_asn,
        cc: given.probe_cc,
        testName: given.test_name,
        linkId: given.ooni_run_link_id,
        window: lastDays(given, nowMs, given.measurement_uid !== undefined),
        orderBy: given.order_by ?? 'measurement_start_time',
        descending: (given.order ?? 'desc').toLowerCase() === 'desc',
        page: readPage(given),
      },
    };
  },
  queries({ measurementUid, asns, cc, testName, linkId, window, orderBy, descending, page }) {
    const conditions = makeConditions();
    conditions.equals('measurement_uid', 'String', measurementUid);
    conditions.oneOf('probe_asn', 'UInt32', asns);
    conditions.equals('probe_cc', 'String', cc);
    conditions.equals('test_name', 'String', testName);
    conditions.equals('ooni_run_link_id', 'String', linkId);
    addWindow(conditions, window);
    const direction = descending ? 'DESC' : 'ASC';
    return {
      analyses: {
        sql: `SELECT ${COLUMNS.join(', ')}
FROM analysis_web_measurement
WHERE ${conditions.sql}
ORDER BY ${orderBy} ${direction}, measurement_uid ${direction}
LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
        values: { ...conditions.values, limit: page.limit, offset: page.offset },
      },
    };
  },
  answer({ analyses }: Rows, { page }, beside) {
    const metadata = pageMetadata(page, analyses.length, beside.statistics.elapsedMs, PATH, beside);
    const results = analyses.map((row) => ({
      ...row,
      measurement_start_time: withFraction(String(row.measurement_start_time)),
    }));
    return { kind: 'json', value: { metadata, results } };
  },
});
