/** GET /api/v1/aggregation/observations/ctrl: what test helpers saw of a host (protocol, data 4.11). */
import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { HOUR_MS } from '../../time/hours.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { datetime, items } from '../parameters.ts';

/** Networks of large hosting and content delivery companies. */
const CLOUD_ASNS = [
  13335, 209242, 20940, 9002, 16625, 63949, 16509, 14618, 15169, 396982, 54113, 8075, 8068,
];
const FLAGS = ['is_cloud_provider', 'in_dns_answers', 'tls_consistent'];

interface Rows extends RowsByQuery {
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

export const observationsCtrl = endpoint({
  path: '/api/v1/aggregation/observations/ctrl',
  summary: 'What test helpers saw of a host, by address and port',
  cacheSeconds: 60,
  parameters: {
    hostname: items('Host names; at least one'),
    since: datetime('Measured after this; by default an hour ago'),
    until: datetime('Measured up to and with this; by default now'),
  },
  read(given, nowMs) {
    const { hostname: hostnames } = given;
    if (hostnames === undefined)
      return {
        kind: 'invalid',
        issues: [{ type: 'missing', loc: ['query', 'hostname'], msg: 'Field required' }],
      };
    const window = { sinceMs: given.since ?? nowMs - HOUR_MS, untilMs: given.until ?? nowMs };
    return { kind: 'ok', asked: { hostnames, window } };
  },
  queries({ hostnames, window }) {
    const conditions = makeConditions();
    conditions.add('hostname IN {hostnames:Array(String)}', { hostnames });
    addWindow(conditions, window, 'measurement_start_time', { since: '>', until: '<=' });
    const from = `FROM obs_web_ctrl WHERE ${conditions.sql}`;
    return {
      groups: {
        sql: `SELECT groups.hostname AS hostname, groups.ip AS ip, groups.port AS port, asn, as_org_name,
  has({cloud_asns:Array(UInt32)}, ifNull(asn, 0)) AS is_cloud_provider, in_dns_answers,
  tls_consistent, tcp_success_count, tcp_failure_count, tls_success_count, tls_failure_count,
  dns_success_count, dns_nxdomain_count, dns_other_failure_count
FROM (
  SELECT hostname, ip, port, any(ip_asn) AS asn, any(ip_as_org_name) AS as_org_name,
    countIf(dns_success = 1) > 0 AS in_dns_answers,
    countIf(tcp_success = 1) AS tcp_success_count, countIf(tcp_success = 0) AS tcp_failure_count,
    countIf(tls_success = 1) AS tls_success_count,
    countIf(tls_success = 0 AND tls_failure IS NOT NULL) AS tls_failure_count
  ${from}
  GROUP BY hostname, ip, port
) AS groups
INNER JOIN (
  SELECT hostname, ip, countIf(tls_success = 1) > 0 AS tls_consistent
  ${from}
  GROUP BY hostname, ip
) AS addresses ON addresses.hostname = groups.hostname AND addresses.ip = groups.ip
INNER JOIN (
  SELECT hostname, countIf(dns_success = 1) AS dns_success_count,
    countIf(dns_failure = 'dns_nxdomain_error') AS dns_nxdomain_count,
    countIf(dns_failure IS NOT NULL AND dns_failure != 'dns_nxdomain_error') AS dns_other_failure_count
  ${from}
  GROUP BY hostname
) AS hosts ON hosts.hostname = groups.hostname
ORDER BY hostname, ip, port`,
        values: { ...conditions.values, cloud_asns: CLOUD_ASNS },
      },
    };
  },
  answer({ groups }: Rows) {
    const results = groups.map((row) => {
      const shown = Object.entries(row).filter(([, value]) => value !== null);
      return Object.fromEntries(
        shown.map(([name, value]) => [
          name,
          FLAGS.includes(name) ? value === 1 || value === true : value,
        ]),
      );
    });
    return { kind: 'json', value: { results } };
  },
});
