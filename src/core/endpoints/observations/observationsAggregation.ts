/** GET /api/v1/aggregation/observations: how often what failed (protocol, data 4.10). */
import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { lastDays } from '../analysis/analysisWindow.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { asnItems, choices, datetime, items, text } from '../parameters.ts';
import { grainParameter, readGrain, timestampSql } from '../timeBuckets.ts';

const DIMENSIONS = [
  'timestamp',
  'failure',
  'hostname',
  'ip',
  'probe_cc',
  'probe_asn',
  'test_name',
  'measurement_uid',
] as const;
type Dimension = (typeof DIMENSIONS)[number] | 'resolver_asn';

interface Rows extends RowsByQuery {
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

/** More would be a download. */
const MAX_ROWS = 1_000_000;

/**
 * What failed first, with the layer in front. Rows of a name that resolved are told apart by who
 * resolved it; `unknown_failure: …` has texts without number.
 */
const FAILURE = `multiIf(
    dns_failure IS NOT NULL, concat(if(resolver_asn = probe_asn, 'dns_isp.', 'dns_other.'), shortened(dns_failure)),
    tcp_failure IS NOT NULL, concat('tcp.', shortened(tcp_failure)),
    tls_failure IS NOT NULL, concat('tls.', shortened(tls_failure)),
    http_failure IS NOT NULL, concat(if(startsWith(ifNull(http_request_url, ''), 'https://'), 'https.', 'http.'), shortened(http_failure)),
    'none')`.replace(
  /shortened\((\w+)\)/g,
  (_, column: string) =>
    `if(startsWith(ifNull(${column}, ''), 'unknown_failure'), 'unknown_failure', ifNull(${column}, ''))`,
);

export const observationsAggregation = endpoint({
  path: '/api/v1/aggregation/observations',
  summary: 'Observations counted by failure, place, name or time',
  cacheSeconds: 60,
  parameters: {
    group_by: choices(`Group by these: ${DIMENSIONS.join(', ')}; by default failure`, DIMENSIONS),
    test_name: items('Tests, which are grouped by too'),
    hostname: items('Host names, which are grouped by too'),
    domain: items('The same'),
    probe_cc: items('Countries, which are grouped by too'),
    ip: items('Addresses, which are grouped by too'),
    measurement_uid: items('Measurements, of any time, which are grouped by too'),
    probe_asn: asnItems('Networks, which are grouped by too'),
    resolver_asn: asnItems('Networks of resolvers, which are grouped by too'),
    ooni_run_link_id: text('Measurements that this OONI Run link asked for'),
    since: datetime('Measured after this; by default 30 days before today'),
    until: datetime('Measured before this; by default the first instant of today'),
    time_grain: grainParameter,
  },
  read(given, nowMs) {
    const filters = {
      test_name: given.test_name,
      hostname: given.hostname ?? given.domain,
      probe_cc: given.probe_cc,
      ip: given.ip,
      measurement_uid: given.measurement_uid,
      probe_asn: given.probe_asn,
      resolver_asn: given.resolver_asn,
    };
    const filtered = (Object.keys(filters) as (keyof typeof filters)[]).filter(
      (name) => filters[name] !== undefined,
    );
    const groupBy = given.group_by ?? (['failure'] as const);
    return {
      kind: 'ok',
      asked: {
        filters,
        dimensions: [...new Set<Dimension>([...filtered, ...groupBy])],
        linkId: given.ooni_run_link_id,
        window: lastDays(given, nowMs, given.measurement_uid !== undefined),
        grain: readGrain(given.time_grain),
      },
    };
  },
  queries({ filters, dimensions, linkId, window, grain }) {
    const conditions = makeConditions();
    addWindow(conditions, window, 'measurement_start_time', { since: '>', until: '<' });
    for (const [column, values] of Object.entries(filters))
      conditions.oneOf(column, column.endsWith('_asn') ? 'UInt32' : 'String', values);
    conditions.equals('ooni_run_link_id', 'String', linkId);
    // What is known at the level of HTTP alone would count twice.
    if (dimensions.includes('failure'))
      conditions.add('(dns_failure IS NOT NULL OR ip IS NOT NULL)');
    const expressions: Partial<Record<Dimension, string>> = {
      timestamp: timestampSql(grain),
      failure: FAILURE,
    };
    const columns = dimensions.map((name) => `${expressions[name] ?? name} AS group_${name}`);
    const names = dimensions.map((name) => `group_${name}`).join(', ');
    return {
      groups: {
        sql: `SELECT ${columns.join(', ')}, count() AS observation_count
FROM obs_web
WHERE ${conditions.sql}
GROUP BY ${names}
ORDER BY observation_count DESC, ${names}
LIMIT {max_rows:UInt32}`,
        values: { ...conditions.values, max_rows: MAX_ROWS },
      },
    };
  },
  answer({ groups }: Rows, { dimensions }) {
    const results = groups.map((row) => {
      const shown: Record<string, unknown> = { observation_count: row.observation_count };
      // A host that has no name is a group without that member.
      for (const name of dimensions)
        if (row[`group_${name}`] !== null) shown[name] = row[`group_${name}`];
      return shown;
    });
    return { kind: 'json', value: { results } };
  },
});
