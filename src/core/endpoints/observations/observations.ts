/** GET /api/v1/observations: what single lookups, connections and requests showed (protocol, data 4.8). */

import { OBS_WEB_COLUMNS } from '../../sql/analysisTables.ts';
import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { withFraction } from '../../time/datetime.ts';
import { DAY_MS, startOfDayMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { orderParameters, pageMetadata, pageParameters, readPage } from '../page.ts';
import { asnList, datetime, text } from '../parameters.ts';

const PATH = '/api/v1/observations';
const DEFAULT_DAYS = 7;

/** Columns that are the pipeline's own, or were never shown. */
const HIDDEN = new Set([
  'resolver_is_scrubbed',
  'resolver_asn_probe',
  'resolver_as_org_name_probe',
]);
const COLUMNS = Object.keys(OBS_WEB_COLUMNS).filter((name) => !HIDDEN.has(name));
const FLAGS = COLUMNS.filter((name) => OBS_WEB_COLUMNS[name] === 'Nullable(UInt8)');
const TIMES = COLUMNS.filter((name) => OBS_WEB_COLUMNS[name]!.includes('DateTime'));

interface Rows extends RowsByQuery {
  readonly observations: readonly Readonly<Record<string, unknown>>[];
}

const equalParameters = {
  report_id: text('Observations of one report'),
  measurement_uid: text('Observations of one measurement'),
  test_name: text('Test'),
  software_name: text('Name of the app'),
  software_version: text('Version of the app'),
  test_version: text('Version of the test'),
  engine_version: text('Version of the measurement engine'),
  ooni_run_link_id: text('Measurements that this OONI Run link asked for'),
};

export const observations = endpoint({
  path: PATH,
  summary: 'Observations: what each lookup, connection and request of a measurement showed',
  cacheSeconds: 60,
  parameters: {
    ...equalParameters,
    probe_asn: asnList('Network, as an AS number'),
    probe_cc: text('Country, as two letters', { minLength: 2, maxLength: 2 }),
    since: datetime('Measured at this time or later; by default seven days before today'),
    until: datetime('Measured up to and with this; by default the first instant of today'),
    ...orderParameters,
    ...pageParameters,
  },
  read(given, nowMs) {
    const todayMs = startOfDayMs(nowMs);
    const byId = given.report_id !== undefined || given.measurement_uid !== undefined;
    return {
      kind: 'ok',
      asked: {
        equal: Object.keys(equalParameters).map(
          (name) => [name, given[name as keyof typeof equalParameters]] as const,
        ),
        asns: given.probe_asn,
        cc: given.probe_cc,
        sinceMs: given.since ?? (byId ? undefined : todayMs - DEFAULT_DAYS * DAY_MS),
        untilMs: given.until ?? (byId ? undefined : todayMs),
        orderBy: given.order_by ?? 'measurement_start_time',
        descending: (given.order ?? 'desc').toLowerCase() === 'desc',
        page: readPage(given),
      },
    };
  },
  queries({ equal, asns, cc, sinceMs, untilMs, orderBy, descending, page }) {
    const conditions = makeConditions();
    for (const [column, value] of equal) conditions.equals(column, 'String', value);
    conditions.oneOf('probe_asn', 'UInt32', asns);
    conditions.equals('probe_cc', 'String', cc);
    addWindow(conditions, { sinceMs, untilMs });
    const direction = descending ? 'DESC' : 'ASC';
    return {
      observations: {
        sql: `SELECT ${COLUMNS.join(', ')}
FROM obs_web
WHERE ${conditions.sql}
ORDER BY ${orderBy} ${direction}, measurement_uid ${direction}, observation_idx ${direction}
LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
        values: { ...conditions.values, limit: page.limit, offset: page.offset },
      },
    };
  },
  answer({ observations }: Rows, { page }, beside) {
    const metadata = pageMetadata(
      page,
      observations.length,
      beside.statistics.elapsedMs,
      PATH,
      beside,
    );
    return { kind: 'json', value: { metadata, results: observations.map(result) } };
  },
});

function result(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...row };
  for (const name of FLAGS) if (shown[name] !== null) shown[name] = shown[name] === 1;
  for (const name of TIMES)
    if (typeof shown[name] === 'string') shown[name] = withFraction(shown[name]);
  shown.target_id ??= row.hostname ?? row.tls_server_name;
  return shown;
}
