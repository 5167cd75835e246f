/**
 * Reads of the analysis tables and torsf_stats on the real engine: each answer was worked out by hand,
 * from the rows above it (protocol, data 4.8 to 4.14).
 */
import t from 'tap';
import { ask, startDatabase, startService } from './support.ts';

/** Today begins at 2026-07-15 00:00, and a default window ends there. */
const NOW_MS = Date.parse('2026-07-15T12:00:00Z');

const clickhouseUrl = await startDatabase(t);
const api = await startService(t, { clickhouseUrl, nowMs: () => NOW_MS });
const get = async (path: string) => {
  const { status, json, text } = await ask(`${api.url}/api/v1/${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return json;
};
const insert = (table: string, rows: readonly object[]) =>
  api.client.insert({ table, values: rows, format: 'JSONEachRow' });

let serial = 0;
/** A measurement_uid of that time; its month is the partition. */
const uidAt = (time: string) =>
  `${time.replace(/\D/g, '').slice(0, 14)}.${String(serial++).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`;

t.test('torsf_stats', async (t) => {
  const row = (time: string, cc: string, flags: object = {}) => ({
    measurement_uid: uidAt(time),
    report_id: `r${serial}`,
    probe_cc: cc,
    probe_asn: 1,
    test_name: 'torsf',
    measurement_start_time: time,
    ...flags,
  });
  await insert('fastpath', [
    row('2026-07-10 00:00:00', 'IT', { anomaly: 't' }),
    row('2026-07-10 00:00:01', 'IT'),
    row('2026-07-10 10:00:00', 'IT', { anomaly: 't' }),
    row('2026-07-10 11:00:00', 'IT', { anomaly: 't', msm_failure: 't' }),
    row('2026-07-10 23:59:59', 'IT', { confirmed: 't' }),
    row('2026-07-10 12:00:00', 'DE'),
    row('2026-07-11 00:00:00', 'IT', { msm_failure: 't' }),
    row('2026-07-11 00:00:01', 'IT', { anomaly: 't' }),
    row('2026-07-10 12:00:00', 'IT', { test_name: 'tor', anomaly: 't' }),
  ]);
  const counts = (anomaly: number, confirmed: number, failure: number, measurement: number) => ({
    anomaly_count: anomaly,
    confirmed_count: confirmed,
    failure_count: failure,
    measurement_count: measurement,
  });
  // `since` is left out and `until` is in: of 10 July in Italy four of five, of 11 July one of two. The
  // one that failed is an anomaly too: 2 anomalies of 4.
  t.strictSame((await get('torsf_stats?since=2026-07-10&until=2026-07-11')).result, [
    {
      measurement_start_day: '2026-07-10',
      probe_cc: 'DE',
      ...counts(0, 0, 0, 1),
      anomaly_rate: 0,
    },
    {
      measurement_start_day: '2026-07-10',
      probe_cc: 'IT',
      ...counts(2, 1, 1, 4),
      anomaly_rate: 2 / 4,
    },
    {
      measurement_start_day: '2026-07-11',
      probe_cc: 'IT',
      ...counts(0, 0, 1, 1),
      anomaly_rate: 0,
    },
  ]);
  // All of Italy: 3 anomalies of 5, and 1 of 2.
  t.match(await get('torsf_stats?probe_cc=IT'), {
    v: 0,
    result: [
      { ...counts(3, 1, 1, 5), anomaly_rate: 3 / 5 },
      { ...counts(1, 0, 1, 2), anomaly_rate: 1 / 2 },
    ],
  });
});

t.test('analysis, and what it comes to', async (t) => {
  const rowAt = (time: string, row: object = {}) => ({
    domain: 'example.org',
    input: 'https://example.org/',
    test_name: 'web_connectivity',
    probe_asn: 1,
    probe_cc: 'IT',
    measurement_start_time: time,
    measurement_uid: uidAt(time),
    dns_ok: 1,
    tcp_ok: 1,
    tls_ok: 1,
    ...row,
  });
  const before = rowAt('2026-06-14 23:59:59.999');
  const first = rowAt('2026-06-15 00:00:00.000', { probe_asn: 2 });
  const middle = rowAt('2026-07-14 12:00:00.500', {
    tls_blocked: 0.25,
    tls_ok: 0.75,
    top_tls_failure: 'connection_reset',
  });
  const last = rowAt('2026-07-15 00:00:00.000', {
    dns_blocked: 0.75,
    dns_ok: 0.25,
    top_dns_failure: 'dns_nxdomain_error',
    tls_blocked: 0.625,
    tls_ok: 0.375,
    top_tls_failure: 'unknown_failure: 5',
  });
  const after = rowAt('2026-07-15 00:00:00.001');
  await insert('analysis_web_measurement', [before, first, middle, last, after]);
  const uids = async (query: string) =>
    (await get(`analysis?${query}`)).results.map(
      ({ measurement_uid: uid }: { measurement_uid: string }) => uid,
    );
  const uidsOf = (...rows: (typeof before)[]) => rows.map(({ measurement_uid: uid }) => uid);
  // 30 days before today, both instants in it, newest first.
  t.strictSame(await uids(''), uidsOf(last, middle, first));
  t.strictSame(await uids('order=asc&limit=1&offset=1'), uidsOf(middle));
  t.strictSame(await uids('probe_asn=AS2'), uidsOf(first));
  t.strictSame(await uids('since=2026-06-01&until=2026-06-14T23:59:59'), [], '999 ms too late');
  t.strictSame(await uids(`measurement_uid=${after.measurement_uid}`), uidsOf(after), 'any time');
  const [shown] = (await get(`analysis?measurement_uid=${middle.measurement_uid}`)).results;
  t.match(shown, {
    measurement_start_time: '2026-07-14T12:00:00.500000Z',
    tls_blocked: 0.25,
    tls_ok: 0.75,
    top_tls_failure: 'connection_reset',
    top_dns_failure: null,
    dns_ok: 1,
  });

  // Of two values the 0.95 quantile lies at 95 % of the way from the lower to the higher one.
  const between = (low: number, high: number) => low + 0.95 * (high - low);
  const { results } = await get(
    'aggregation/analysis?axis_x=domain&since=2026-07-14&until=2026-07-15',
  );
  t.equal(results.length, 1);
  const [{ count, domain, loni }] = results;
  t.equal(count, 2);
  t.equal(domain, 'example.org');
  const near = (name: string, expected: number) =>
    t.ok(Math.abs(loni[name] - expected) < 1e-6, `${name}: ${loni[name]}, not ${expected}`);
  near('dns_blocked', between(0, 0.75));
  near('dns_ok', between(0.25, 1));
  near('tcp_blocked', 0);
  near('tls_blocked', between(0.25, 0.625));
  near('tls_ok', between(0.375, 0.75));
  // Weights of the failures of TLS are 25 and 62; DNS has 0 for an answer and 75 for none.
  t.match(loni, {
    dns_blocked_outcome: 'nxdomain',
    tls_blocked_outcome: 'unknown_failure',
    blocked_max_outcome: 'dns.nxdomain',
  });
  // Above one half are DNS with 0.7125 and TLS with 0.60625.
  t.strictSame(
    loni.likely_blocked_protocols.map(([name]: [string, number]) => name),
    ['dns.nxdomain', 'tls.unknown_failure'],
  );
  near('blocked_max', 0.7125);
});

t.test('changepoints', async (t) => {
  const row = (ts: string, more: object = {}) => ({
    probe_asn: 1,
    probe_cc: 'IT',
    domain: 'example.org',
    ts,
    count: 7,
    count_isp_resolver: 3,
    count_other_resolver: 4,
    change_dir: 1,
    block_type: 'tls_blocked',
    ...more,
  });
  await insert('event_detector_changepoints', [
    row('2026-06-14 23:59:59.999'),
    row('2026-06-15 00:00:00.000', { change_dir: -1 }),
    row('2026-07-15 00:00:00.000', { probe_asn: 2, change_dir: null, count: null }),
    row('2026-07-01 04:00:00.000'),
    row('2026-07-01 04:00:00.000', { block_type: 'dns_isp_blocked' }),
    row('2026-07-15 00:00:00.001'),
  ]);
  const points = async (query: string) =>
    (await get(`detector/changepoints?${query}`)).results.map(
      (point: Record<string, unknown>) =>
        `${point.start_time} AS${point.probe_asn} ${point.block_type} ${point.change_dir} ${point.count}`,
    );
  // 30 days before today with both ends, newest first; two signals of one series in one hour are two.
  t.strictSame(await points(''), [
    '2026-07-15T00:00:00Z AS2 tls_blocked null 0',
    '2026-07-01T04:00:00Z AS1 dns_isp_blocked up 7',
    '2026-07-01T04:00:00Z AS1 tls_blocked up 7',
    '2026-06-15T00:00:00Z AS1 tls_blocked down 7',
  ]);
  t.strictSame(await points('probe_asn=2'), ['2026-07-15T00:00:00Z AS2 tls_blocked null 0']);
  t.equal((await points('probe_asn=0')).length, 4, 'network 0 is none');
  t.strictSame(await points('domain=example.com'), []);
});

t.test('observations, and how often what failed', async (t) => {
  const rowAt = (time: string, row: object = {}) => ({
    measurement_uid: uidAt(time),
    observation_idx: 0,
    report_id: 'r',
    test_name: 'web_connectivity',
    bucket_date: time.slice(0, 10),
    probe_asn: 1,
    probe_cc: 'IT',
    measurement_start_time: time,
    resolver_asn: 1,
    hostname: 'example.org',
    ...row,
  });
  const before = rowAt('2026-07-07 23:59:59.999', { dns_failure: 'dns_nxdomain_error' });
  const dnsIsp = rowAt('2026-07-08 00:00:00.000', { dns_failure: 'dns_nxdomain_error' });
  const dnsOther = rowAt('2026-07-09 10:00:00.000', {
    dns_failure: 'unknown_failure: 17',
    resolver_asn: 2,
  });
  const tcp = rowAt('2026-07-09 11:00:00.000', {
    ip: '192.0.2.1',
    tcp_failure: 'generic_timeout_error',
    tcp_success: 0,
    tls_failure: 'connection_reset',
  });
  const tls = { ...tcp, observation_idx: 1, tcp_failure: null, tcp_success: 1 };
  const fine = rowAt('2026-07-15 00:00:00.000', {
    ip: '192.0.2.1',
    hostname: null,
    tls_server_name: 'example.net',
    tcp_success: 1,
  });
  const http = rowAt('2026-07-10 00:00:00.000', {
    http_failure: 'eof_error',
    http_request_url: 'http://example.org/',
  });
  await insert('obs_web', [before, dnsIsp, dnsOther, tcp, tls, fine, http]);
  const keys = async (query: string) =>
    (await get(`observations?${query}`)).results.map(
      (row: { measurement_uid: string; observation_idx: number }) =>
        `${row.measurement_uid} ${row.observation_idx}`,
    );
  const keysOf = (...rows: (typeof before)[]) =>
    rows.map((row) => `${row.measurement_uid} ${row.observation_idx}`);
  // Seven days before today with both ends, newest first, and of a measurement the last one.
  t.strictSame(await keys(''), keysOf(fine, http, tls, tcp, dnsOther, dnsIsp));
  t.strictSame(await keys('order=asc&limit=2'), keysOf(dnsIsp, dnsOther));
  t.strictSame(await keys(`measurement_uid=${before.measurement_uid}`), keysOf(before), 'any time');
  const one = async (uid: string) => (await get(`observations?measurement_uid=${uid}`)).results[0];
  t.match(await one(fine.measurement_uid), {
    measurement_start_time: '2026-07-15T00:00:00Z',
    tcp_success: true,
    ip_is_bogon: null,
    // What it was aimed at: a name of the certificate's where there is no host.
    target_id: 'example.net',
  });
  t.match(await one(tcp.measurement_uid), { observation_idx: 1, tcp_success: true });
  t.match(await one(http.measurement_uid), { target_id: 'example.org', tcp_success: null });

  // 30 days before today, neither end in it, so without `fine`; and without `http`, which has neither a
  // lookup nor an address. The resolver of `dnsOther` is not of the probe's network.
  const failures = async (query: string) =>
    (await get(`aggregation/observations?${query}`)).results.map(
      (row: Record<string, unknown>) => `${row.observation_count} ${row.failure}`,
    );
  t.strictSame(await failures(''), [
    '2 dns_isp.dns_nxdomain_error',
    '1 dns_other.unknown_failure',
    '1 tcp.generic_timeout_error',
    '1 tls.connection_reset',
  ]);
  t.strictSame(await failures('since=2026-07-14&until=2026-07-16'), ['1 none']);
  // By day alone `http` counts: three rows on 9 July, one on the 10th.
  t.strictSame(
    (await get('aggregation/observations?group_by=timestamp&since=2026-07-08&until=2026-07-15'))
      .results,
    [
      { timestamp: '2026-07-09T00:00:00Z', observation_count: 3 },
      { timestamp: '2026-07-10T00:00:00Z', observation_count: 1 },
    ],
    'the first instant of 8 July is out',
  );
});

t.test('what test helpers saw', async (t) => {
  const row = (index: number, more: object) => ({
    measurement_uid: '20260715113000.000001_IT_webconnectivity_0123456789abcdef',
    observation_idx: index,
    report_id: 'r',
    test_name: 'web_connectivity',
    bucket_date: '2026-07-15',
    measurement_start_time: '2026-07-15 11:30:00.000',
    hostname: 'example.org',
    ip: '',
    ...more,
  });
  const at443 = { ip: '192.0.2.1', port: 443, ip_asn: 13335, ip_as_org_name: 'Cloud' };
  await insert('obs_web_ctrl', [
    row(0, { dns_success: 1, ip: '192.0.2.1', ip_asn: 13335, ip_as_org_name: 'Cloud' }),
    row(1, { dns_failure: 'dns_nxdomain_error', dns_success: 0 }),
    row(2, { ...at443, tcp_success: 1, tls_success: 1 }),
    row(3, { ...at443, tcp_success: 0, tls_success: 0, tls_failure: 'connection_reset' }),
    row(4, { ...at443, tcp_success: 1, tls_success: 0 }),
    // Before the hour that is asked of.
    row(5, { ...at443, tcp_success: 1, measurement_start_time: '2026-07-15 11:00:00.000' }),
    row(6, { ...at443, tcp_success: 1, hostname: 'example.com' }),
  ]);
  const { results } = await get('aggregation/observations/ctrl?hostname=example.org');
  // One group has no port (the lookups of the address), one no address (the lookup that failed).
  const host = { hostname: 'example.org', dns_success_count: 1, dns_nxdomain_count: 1 };
  const found = (ip: string, port?: number) =>
    results.find(
      (row: { ip: string; port?: number }) => row.ip === ip && (row.port ?? undefined) === port,
    );
  t.equal(results.length, 3);
  t.match(found('192.0.2.1', 443), {
    ...host,
    is_cloud_provider: true,
    as_org_name: 'Cloud',
    in_dns_answers: false,
    tls_consistent: true,
    tcp_success_count: 2,
    tcp_failure_count: 1,
    tls_success_count: 1,
    // Of the two without success one has no failure.
    tls_failure_count: 1,
  });
  t.match(found('192.0.2.1'), { ...host, in_dns_answers: true, tcp_success_count: 0 });
  t.match(found(''), { ...host, is_cloud_provider: false, tls_consistent: false });
});
