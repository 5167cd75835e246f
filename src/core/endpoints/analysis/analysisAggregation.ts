/** GET /api/v1/aggregation/analysis: how likely what was blocked, by group (protocol, data 4.12). */
import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { asnList, bool, choice, datetime, list, text } from '../parameters.ts';
import { grainParameter, readGrain, timestampSql } from '../timeBuckets.ts';
import { lastDays } from './analysisWindow.ts';

const AXES = [
  'measurement_start_day',
  'domain',
  'probe_cc',
  'probe_asn',
  'test_name',
  'input',
] as const;
type Dimension = (typeof AXES)[number] | 'measurement_uid';

/** In the order in which filters become dimensions. */
const FILTERS = [
  'probe_asn',
  'probe_cc',
  'test_name',
  'domain',
  'input',
  'measurement_uid',
] as const;
const PROTOCOLS = ['dns', 'tcp', 'tls'] as const;
const STATES = ['blocked', 'down', 'ok'] as const;
/** From this on a protocol is likely blocked. */
const LIKELY = 0.5;
const MAX_ROWS = 1_000_000;

type Row = Readonly<Record<string, unknown>>;
interface Rows extends RowsByQuery {
  readonly groups: readonly Row[];
}

/**
 * The failure with the most weight, which is the integer part of a hundred times how likely it was
 * blocked. The column is a Float32 and the weight one byte, as in what has been published.
 */
function outcomeSql(protocol: (typeof PROTOCOLS)[number]): string {
  const failure = `top_${protocol}_failure`;
  const short = `if(startsWith(ifNull(${failure}, ''), 'unknown_failure'), 'unknown_failure', ${failure})`;
  const value =
    protocol === 'dns'
      ? `multiIf(${failure} IS NULL, 'got_answer', ${failure} IN ('android_dns_cache_no_data', 'dns_nxdomain_error'), 'nxdomain', ifNull(${short}, ''))`
      : short;
  return `topKWeighted(10, 3, 'counts')(${value}, toInt8(${protocol}_blocked * 100)) AS ${protocol}_outcomes`;
}

const MEASURES = [
  'count() AS group_count',
  ...PROTOCOLS.flatMap((protocol) =>
    STATES.map(
      (state) =>
        `quantileIf(0.95)(${protocol}_${state}, NOT isNaN(${protocol}_${state})) AS quantile_${protocol}_${state}`,
    ),
  ),
  ...PROTOCOLS.map(outcomeSql),
].join(',\n  ');

export const analysisAggregation = endpoint({
  path: '/api/v1/aggregation/analysis',
  summary: 'How likely DNS, TCP and TLS were blocked, by time, place or domain',
  cacheSeconds: 60,
  parameters: {
    axis_x: choice('Group by this first; `measurement_start_day` by default', AXES),
    axis_y: choice('Group by this too', AXES),
    test_name: list('Tests, which are grouped by too'),
    domain: list('Domains, which are grouped by too'),
    input: text('Exactly this input, which is grouped by too'),
    measurement_uid: text('One measurement, of any time, which is grouped by too'),
    probe_asn: asnList('Networks, which are grouped by too'),
    probe_cc: list('Countries, which are grouped by too'),
    ooni_run_link_id: text('Measurements that this OONI Run link asked for'),
    since: datetime('Measured at this time or later; by default 30 days before today'),
    until: datetime('Measured up to and with this; by default the first instant of today'),
    time_grain: grainParameter,
    anomaly_sensitivity: text('Of no effect'),
    format: choice('`JSON` by default', ['JSON', 'CSV']),
    download: bool('As a file to save'),
  },
  read(given, nowMs) {
    const one = (value: string | undefined) => (value === undefined ? undefined : [value]);
    const filters: Readonly<
      Record<(typeof FILTERS)[number], readonly (string | number)[] | undefined>
    > = {
      probe_asn: given.probe_asn,
      probe_cc: given.probe_cc,
      test_name: given.test_name,
      domain: given.domain,
      input: one(given.input),
      measurement_uid: one(given.measurement_uid),
    };
    const axes = [given.axis_x ?? 'measurement_start_day', given.axis_y].filter(
      (axis) => axis !== undefined,
    );
    const [first, ...rest] = axes;
    return {
      kind: 'ok',
      asked: {
        filters,
        dimensions: [
          ...new Set<Dimension>([
            first!,
            ...FILTERS.filter((name) => filters[name] !== undefined),
            ...rest,
          ]),
        ],
        dimensionCount: axes.length,
        linkId: given.ooni_run_link_id,
        window: lastDays(given, nowMs, given.measurement_uid !== undefined),
        grain: readGrain(given.time_grain),
        csv: given.format === 'CSV',
        download: given.download ?? false,
      },
    };
  },
  queries({ filters, dimensions, linkId, window, grain }) {
    const conditions = makeConditions();
    addWindow(conditions, window);
    for (const name of FILTERS)
      conditions.oneOf(
        name,
        name === 'probe_asn' ? 'UInt32' : 'String',
        filters[name] as readonly string[] | undefined,
      );
    conditions.equals('ooni_run_link_id', 'String', linkId);
    const columns = dimensions.map(
      (name) => `${name === 'measurement_start_day' ? timestampSql(grain) : name} AS group_${name}`,
    );
    const names = dimensions.map((name) => `group_${name}`).join(', ');
    return {
      groups: {
        sql: `SELECT ${columns.join(', ')},
  ${MEASURES}
FROM analysis_web_measurement
WHERE ${conditions.sql}
GROUP BY ${names}
ORDER BY ${names}
LIMIT {max_rows:UInt32}`,
        values: { ...conditions.values, max_rows: MAX_ROWS },
      },
    };
  },
  answer({ groups }: Rows, { dimensionCount, csv, download }, { statistics }) {
    const results = groups.map(result);
    const file = download ? { fileName: `ooni-aggregate-data.${csv ? 'csv' : 'json'}` } : {};
    if (csv) return { kind: 'csv', rows: results.map(flat), ...file };
    const value = {
      db_stats: {
        bytes: -1,
        elapsed_seconds: statistics.elapsedMs / 1000,
        row_count: results.length,
        total_row_count: results.length,
      },
      dimension_count: dimensionCount,
      results,
    };
    return { kind: 'json', value, ...file };
  },
});

function result(row: Row) {
  const group = (name: Dimension) => row[`group_${name}`] ?? null;
  return {
    count: Number(row.group_count),
    measurement_start_day: group('measurement_start_day'),
    loni: loni(row),
    domain: group('domain'),
    probe_cc: group('probe_cc'),
    probe_asn: group('probe_asn'),
    test_name: group('test_name'),
    input: group('input'),
    measurement_uid: group('measurement_uid'),
  };
}

/** Likelihood of what there was, by protocol, and the worst of it. */
function loni(row: Row): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const protocol of PROTOCOLS)
    for (const state of STATES)
      shown[`${protocol}_${state}`] = row[`quantile_${protocol}_${state}`] ?? null;
  const outcomeOf = (protocol: string) =>
    (row[`${protocol}_outcomes`] as readonly { readonly item: string | null }[])[0]?.item ?? '';
  const likely: [string, number][] = [];
  for (const protocol of PROTOCOLS) {
    const blocked = shown[`${protocol}_blocked`];
    if (typeof blocked === 'number' && blocked > LIKELY)
      likely.push([`${protocol}.${outcomeOf(protocol)}`, blocked]);
  }
  likely.sort(([, a], [, b]) => b - a);
  return {
    ...shown,
    likely_blocked_protocols: likely,
    blocked_max_outcome: likely[0]?.[0] ?? 'none',
    blocked_max: likely[0]?.[1] ?? 0,
    dns_blocked_outcome: outcomeOf('dns'),
    tcp_blocked_outcome: outcomeOf('tcp'),
    tls_blocked_outcome: outcomeOf('tls'),
  };
}

/** A row of CSV: the likelihoods beside the group, the list of protocols as one text. */
function flat({ loni, ...group }: ReturnType<typeof result>): Record<string, unknown> {
  const { likely_blocked_protocols: likely, ...rest } = loni;
  const pairs = likely as readonly (readonly [string, number])[];
  return { ...group, ...rest, likely_blocked_protocols: pairs.map(([name]) => name).join(' ') };
}
