/**
 * The measurements that Explorer is walked with, all made up: of each nettest some come in through the
 * front door with their bodies; rows of many weeks, countries and networks are written beside them.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleMeasurement, webConnectivityKeys } from '../../scripts/run/measurements.ts';
import type { Stack } from '../../scripts/run/stack.ts';

export interface Submitted {
  readonly uid: string;
  readonly testName: string;
  readonly what: string;
}

const SAMPLE_CASES = new URL('../conformance/sample/corpus/cases.jsonl', import.meta.url);
/** A recent time, as measurements have it. */
const daysAgo = (days: number) =>
  new Date(Date.now() - days * 86_400_000 - 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** Of each nettest: what is well, and the first thing that is not. */
const CASES_OF_A_NETTEST = 2;

/** Submits measurements of each nettest, and of each thing that a website may look like. */
export async function submitMeasurements(stack: Stack): Promise<Submitted[]> {
  const made: { what: string; content: Record<string, unknown> }[] = [];
  for (const saw of ['page', 'dns injection', 'block page'] as const) {
    const input = `https://${saw.replace(' ', '-')}.example.org/`;
    // The sample's block page is known of this country alone.
    const content = sampleMeasurement({
      probeCc: 'XA',
      probeAsn: 'AS64500',
      testName: 'web_connectivity',
      input,
      testKeys: webConnectivityKeys(input, saw),
      startTime: daysAgo(1),
    });
    made.push({ what: `web_connectivity: ${saw}`, content });
  }
  const nettests = new Map<string, number>();
  for (const line of readFileSync(SAMPLE_CASES, 'utf8').trim().split('\n')) {
    const { id, measurement } = JSON.parse(line);
    if (typeof measurement?.test_name !== 'string') continue;
    const seen = nettests.get(measurement.test_name) ?? 0;
    if (seen === CASES_OF_A_NETTEST) continue;
    nettests.set(measurement.test_name, seen + 1);
    const startTime = daysAgo(made.length % 25);
    const { report_id: _, ...content } = measurement;
    const { tcp_connect: connections } = content.test_keys ?? {};
    // A case has what its verdict hangs on, a page shows the addresses too.
    if (Array.isArray(connections))
      content.test_keys.tcp_connect = connections.map((entry) => ({
        ip: '192.0.2.1',
        port: 443,
        ...entry,
      }));
    made.push({
      what: id,
      content: {
        ...content,
        probe_cc: 'IT',
        probe_asn: 'AS64496',
        measurement_start_time: startTime,
        test_start_time: startTime,
      },
    });
  }
  const submitted: Submitted[] = [];
  for (const { what, content } of made) {
    const answer = await fetch(`${stack.apiUrl}/api/v1/submit_measurement`, {
      method: 'POST',
      body: JSON.stringify({ format: 'json', content: JSON.stringify(content) }),
    });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    const { measurement_uid: uid } = (await answer.json()) as { measurement_uid: string };
    submitted.push({ uid, testName: content.test_name as string, what });
  }
  const found = async () =>
    (await stack.query<{ n: number }>('SELECT uniqExact(measurement_uid) AS n FROM fastpath'))[0]
      ?.n;
  // A measurement that cannot be scored gets no row: what is waited for is that no more come.
  for (let before = -1, now = 0; now < submitted.length && now !== before; ) {
    await sleep(2_000);
    before = now;
    now = (await found()) ?? 0;
  }
  return submitted;
}

const FLAG = (of: string, percent: number) =>
  `if(cityHash64(number, '${of}') % 100 < ${percent}, 't', 'f')`;
const ONE_OF = (names: readonly (string | number)[], salt: string) =>
  `${JSON.stringify(names).replaceAll('"', "'")}[1 + cityHash64(number, '${salt}') % ${names.length}]`;
const COUNTRIES = ['IT', 'IR', 'RU', 'CN', 'BR'];
const NETWORKS = [64496, 64497, 64498, 64500];
const SITES = [
  'page.example.org',
  'block-page.example.org',
  'example.com',
  'www.facebook.com',
  'twitter.com',
  'www.hrw.org',
  'www.torproject.org',
  'www.bbc.com',
];
const TESTS = [
  'signal',
  'telegram',
  'whatsapp',
  'facebook_messenger',
  'psiphon',
  'tor',
  'torsf',
  'ndt',
  'dash',
];
const RECENT_ROWS = 30_000;
const RECENT_DAYS = 70;
const OLD_ROWS = 3_000;
const OLD_DAYS = 4_000;

/** `number` of them, spread over so many days before now. */
function rowsSql(rows: number, days: number): string {
  const web = "cityHash64(number, 'web') % 2 = 0";
  return `INSERT INTO fastpath (measurement_uid, report_id, input, probe_cc, probe_asn, test_name, test_start_time,
  measurement_start_time, domain, anomaly, confirmed, msm_failure, scores, software_name, software_version, platform)
SELECT concat(formatDateTime(at, '%Y%m%d%H%i%S'), '.', leftPad(toString(number), 6, '0'), '_', cc, '_', replaceAll(test, '_', ''), '_0123456789abcdef'),
  concat(formatDateTime(at, '%Y%m%dT%H%i%SZ'), '_', replaceAll(test, '_', ''), '_', cc, '_64496_n1_AAAAAAAAAAAAAAAA'),
  if(${web}, concat('https://', site, '/'), ''), cc, ${ONE_OF(NETWORKS, 'asn')}, test, at, at, if(${web}, site, ''),
  anomaly, if(${web} AND anomaly = 't', ${FLAG('confirmed', 40)}, 'f') AS confirmed, if(anomaly = 't', 'f', ${FLAG('failure', 3)}),
  if(anomaly = 't' AND ${web}, '{"analysis":{"blocking_type":"dns"},"blocking_general":1}', '{"blocking_general":0}'),
  'ooniprobe-android', '5.2.0', 'android'
FROM (SELECT number, toDateTime(toUInt32(now()) - cityHash64(number, 'time', ${days}) % ${days * 86_400}, 'UTC') AS at,
  ${ONE_OF(COUNTRIES, 'cc')} AS cc, ${ONE_OF(SITES, 'site')} AS site,
  if(${web}, 'web_connectivity', ${ONE_OF(TESTS, 'test')}) AS test, ${FLAG('anomaly', 15)} AS anomaly
  FROM numbers(${rows}))`;
}

const WEB_ROWS_SQL = [
  `INSERT INTO obs_web (measurement_uid, observation_idx, measurement_start_time, probe_cc, probe_asn, test_name,
  hostname, input, dns_failure, tcp_failure, tls_failure, http_failure)
SELECT concat(formatDateTime(at, '%Y%m%d%H%i%S'), '.', leftPad(toString(number), 6, '0'), '_IT_webconnectivity_0123456789abcdef'),
  1, at, ${ONE_OF(COUNTRIES, 'cc')}, ${ONE_OF(NETWORKS, 'asn')}, 'web_connectivity', site, concat('https://', site, '/'),
  if(number % 7 = 0, 'dns_nxdomain_error', NULL), if(number % 11 = 0, 'generic_timeout_error', NULL),
  if(number % 13 = 0, 'connection_reset', NULL), NULL
FROM (SELECT number, ${ONE_OF(SITES, 'site')} AS site,
  toDateTime64(toUInt32(now()) - cityHash64(number) % ${25 * 86_400}, 3, 'UTC') AS at FROM numbers(3000))`,
  `INSERT INTO analysis_web_measurement (measurement_uid, measurement_start_time, probe_cc, probe_asn, test_name, domain, input,
  dns_blocked, dns_ok, tcp_ok, tls_blocked, tls_ok, top_dns_failure, top_tls_failure)
SELECT concat(formatDateTime(at, '%Y%m%d%H%i%S'), '.', leftPad(toString(number), 6, '0'), '_IT_webconnectivity_0123456789abcdef'),
  at, ${ONE_OF(COUNTRIES, 'cc')}, ${ONE_OF(NETWORKS, 'asn')}, 'web_connectivity', site, concat('https://', site, '/'),
  if(number % 7 = 0, 0.75, 0), if(number % 7 = 0, 0.25, 1), 1, if(number % 5 = 0, 0.8, 0), if(number % 5 = 0, 0.2, 1),
  if(number % 7 = 0, 'dns_nxdomain_error', NULL), if(number % 5 = 0, 'connection_reset', NULL)
FROM (SELECT number, ${ONE_OF(SITES, 'site')} AS site,
  toDateTime64(toUInt32(now()) - cityHash64(number) % ${25 * 86_400}, 3, 'UTC') AS at FROM numbers(3000))`,
];

/** Rows without bodies, and what the analysis of websites came to. */
export async function writeRows(clickhouseUrl: string): Promise<void> {
  for (const sql of [
    rowsSql(RECENT_ROWS, RECENT_DAYS),
    rowsSql(OLD_ROWS, OLD_DAYS),
    ...WEB_ROWS_SQL,
  ]) {
    const answer = await fetch(`${clickhouseUrl}/?database=ooni`, { method: 'POST', body: sql });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** A finding as staff write it, with a chart in it. */
export function finding(emailAddress: string, siteUrl: string): Record<string, unknown> {
  const since = daysAgo(20).slice(0, 10);
  const until = daysAgo(0).slice(0, 10);
  const chart = `${siteUrl}/chart/mat?probe_cc=RU&test_name=web_connectivity&since=${since}&until=${until}&axis_x=measurement_start_day&axis_y=domain&time_grain=day`;
  return {
    title: 'Made-up sites blocked in Russia',
    short_description: 'Made up to see how a finding looks.',
    text: `# What was seen\n\nNothing: this is made up.\n\n<MAT link="${chart}" caption="Made-up measurements" />\n`,
    start_time: `${since}T00:00:00Z`,
    end_time: null,
    reported_by: 'A test',
    event_type: 'incident',
    email_address: emailAddress,
    ASNs: [64496],
    CCs: ['RU'],
    themes: ['social_media'],
    tags: [],
    test_names: ['web_connectivity'],
    domains: ['twitter.com'],
    links: [chart],
    published: true,
  };
}
