/**
 * The statistics of OONI Explorer on the real engine (protocol, data 5.2); what is expected was worked
 * out by hand from the rows below.
 *
 * Covers src/core/sql/migrations/0011_statistics.ts.
 */
import t from 'tap';
import { globalOverviewByMonth } from '../../src/core/endpoints/explorer/byMonth.ts';
import { countries } from '../../src/core/endpoints/explorer/countries.ts';
import { countryOverview } from '../../src/core/endpoints/explorer/countryOverview.ts';
import { domains } from '../../src/core/endpoints/explorer/domains.ts';
import { globalOverview } from '../../src/core/endpoints/explorer/globalOverview.ts';
import { networks } from '../../src/core/endpoints/explorer/networks.ts';
import { connectTo } from '../support/clickhouseClient.ts';
import { ask, startDatabase, startService } from './support.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');

const clickhouseUrl = await startDatabase(t);
const { url, client } = await startService(t, {
  clickhouseUrl,
  nowMs: () => NOW_MS,
});

let count = 0;
const row = (
  time: string,
  cc: string,
  asn: number,
  test: string,
  input = '',
  flags = '',
  scores = '{}',
) => ({
  measurement_uid: `20260711174409.${String(count++).padStart(6, '0')}_${cc}_ndt_0123456789abcdef`,
  report_id: 'r',
  input,
  probe_cc: cc,
  probe_asn: asn,
  test_name: test,
  test_start_time: time,
  measurement_start_time: time,
  domain: input === '' ? '' : new URL(input).host,
  anomaly: flags.includes('a') ? 't' : 'f',
  confirmed: flags.includes('c') ? 't' : 'f',
  msm_failure: flags.includes('f') ? 't' : 'f',
  scores,
});
const WEB = 'web_connectivity';
const A = 'https://a.org/';
const runtime = (seconds: number) => `{"extra":{"test_runtime":${seconds}}}`;

await client.insert({
  table: 'fastpath',
  format: 'JSONEachRow',
  values: [
    row('2026-07-14 23:59:59', 'IT', 1, WEB, A, 'ac'),
    row('2026-07-14 10:00:00', 'IT', 1, WEB, A, 'af'),
    row('2026-06-14 00:00:00', 'IT', 1, WEB, 'https://a.org'),
    // One second before the 31 days, and today.
    row('2026-06-13 23:59:59', 'IT', 1, WEB, A),
    row('2026-07-15 00:00:00', 'IT', 1, WEB, A),
    row('2026-07-01 00:00:00', 'IT', 2, WEB, 'https://b.org/', 'a'),
    row('2026-07-01 00:00:00', 'IT', 1, 'signal'),
    row('2026-07-02 00:00:00', 'IT', 1, 'signal'),
    row('2026-07-02 00:00:00', 'IT', 2, 'signal'),
    row('2026-07-02 00:00:00', 'DE', 3, 'vanilla_tor', '', 'a'),
    ...Array.from({ length: 5 }, () => row('2026-03-02 00:00:00', 'DE', 3, 'vanilla_tor', '', 'a')),
    // The first instant of the six months is not in them.
    row('2026-01-15 00:00:00', 'DE', 4, 'vanilla_tor'),
    row('2026-01-15 00:00:01', 'DE', 5, 'vanilla_tor'),
    row('2026-07-02 00:00:00', 'DE', 3, 'tor', '', '', runtime(10)),
    row('2026-07-02 01:00:00', 'DE', 3, 'tor', '', '', runtime(0)),
    row('2026-07-03 01:00:00', 'IT', 3, 'psiphon', '', '', runtime(4)),
    // Yesterday and later are not in it.
    row('2026-07-14 01:00:00', 'DE', 3, 'tor', '', '', runtime(99)),
    row('2010-01-01 00:00:00', 'DE', 9, 'ndt'),
    row('2024-08-01 00:00:00', 'ZZ', 0, 'ndt'),
  ],
});
await client.insert({
  table: 'citizenlab',
  format: 'JSONEachRow',
  values: [
    { domain: 'a.org', url: 'https://a.org/long', cc: 'ZZ', category_code: 'NEWS' },
    { domain: 'www.a.org', url: 'https://www.a.org/', cc: 'ZZ', category_code: 'HUMR' },
    { domain: 'a.org', url: A, cc: 'it', category_code: 'GAME' },
    { domain: 'c.org', url: 'https://c.org/', cc: 'fr', category_code: 'POLR' },
  ],
});
await client.insert({
  table: 'asnmeta',
  format: 'JSONEachRow',
  values: [
    { asn: 1, org_name: 'Old', changed: '2015-01-01' },
    { asn: 1, org_name: 'New', changed: '2024-01-01' },
  ],
});

const get = async (path: string) => ask(`${url}/api/_/${path}`);

t.test('overviews', async (t) => {
  t.strictSame((await get('global_overview')).json, {
    country_count: 3,
    measurement_count: 23,
    network_count: 7,
  });
  t.strictSame((await get('countries')).json, {
    countries: [
      { alpha_2: 'DE', count: 12, name: 'Germany' },
      { alpha_2: 'IT', count: 10, name: 'Italy' },
    ],
  });
  t.strictSame((await get('country_overview?probe_cc=de')).json, {
    first_bucket_date: '2026-01-15',
    measurement_count: 11,
    network_count: 3,
  });
  t.strictSame((await get('country_overview?probe_cc=AQ')).json, {
    first_bucket_date: '1970-01-01',
    measurement_count: 0,
    network_count: 0,
  });
});

t.test('what is over all rows reads the sums that the server keeps', async (t) => {
  const cases = [
    ['network_months', globalOverview.queries({}, NOW_MS).all],
    ['network_months', countries.queries({}, NOW_MS).countries],
    ['network_months', networks.queries({}, NOW_MS).networks],
    ['network_months', countryOverview.queries({ cc: 'DE' }, NOW_MS).counts],
    ['network_months', countryOverview.queries({ cc: 'DE' }, NOW_MS).first],
    ['network_months', globalOverviewByMonth.queries({ sinceMs: 0 }, NOW_MS).months],
    ['domain_tests', domains.queries({}, NOW_MS).domains],
  ] as const;
  for (const [projection, query] of cases) {
    const answer = await client.query({
      query: `EXPLAIN ${query!.sql}`,
      query_params: query!.values,
      clickhouse_settings: {
        optimize_use_projections: 0,
        preferred_optimize_projection_name: projection,
      },
      format: 'TabSeparated',
    });
    t.match(await answer.text(), `(${projection})`, query!.sql);
  }
});

t.test('series by month', async (t) => {
  const at = (month: string) => `${month}-01T00:00:00+00:00`;
  const { json } = await get('global_overview_by_month');
  t.strictSame(json.measurements_by_month, [
    // The row at the first instant of the first month is not in it.
    { date: at('2024-08'), value: 1 },
    { date: at('2026-01'), value: 2 },
    { date: at('2026-03'), value: 5 },
    { date: at('2026-06'), value: 2 },
    { date: at('2026-07'), value: 12 },
  ]);
  t.strictSame((await get('countries_by_month')).json.at(-1), { date: at('2026-07'), value: 2 });
  t.strictSame((await get('asn_by_month')).json.at(-1), { date: at('2026-07'), value: 3 });
});

t.test('networks and domains', async (t) => {
  const { json } = await get('networks');
  t.equal(json.v, 0);
  t.strictSame(json.results.slice(0, 3), [
    { probe_asn: 3, cnt: 10, org_name: '' },
    { probe_asn: 1, cnt: 7, org_name: 'New' },
    { probe_asn: 2, cnt: 2, org_name: '' },
  ]);
  t.notOk(json.results.some(({ probe_asn }: { probe_asn: number }) => probe_asn === 0));
  t.strictSame((await get('domains')).json.results, [
    { domain_name: 'a.org', category_code: 'NEWS', measurement_count: 5 },
    { domain_name: 'c.org', category_code: 'POLR', measurement_count: 0 },
    { domain_name: 'www.a.org', category_code: 'HUMR', measurement_count: 0 },
  ]);
  const metadata = async (domain: string) => {
    const answer = (await get(`domain_metadata?domain=${domain}`)).json;
    return `${answer.category_code} ${answer.canonical_domain}`;
  };
  t.equal(await metadata('a.org'), 'NEWS a.org', 'of equal length by address');
  t.equal(await metadata('WWW.C.org'), 'POLR c.org');
  t.equal(await metadata('www.d.org'), 'MISC d.org');
  t.strictSame((await get('asnmeta?asn=AS1')).json, { org_name: 'New' });
  t.strictSame((await get('asnmeta?asn=5')).json, { org_name: 'Unknown' });
});

t.test('websites', async (t) => {
  t.strictSame((await get('website_networks?probe_cc=IT')).json.results, [
    { probe_asn: 1, count: 5 },
    { probe_asn: 2, count: 2 },
    { probe_asn: 3, count: 1 },
  ]);
  const days = [
    {
      test_day: '2026-06-14',
      anomaly_count: 0,
      confirmed_count: 0,
      failure_count: 0,
      total_count: 1,
    },
    {
      test_day: '2026-07-14',
      anomaly_count: 2,
      confirmed_count: 1,
      failure_count: 1,
      total_count: 2,
    },
  ];
  for (const input of ['https://a.org', 'https://a.org/'])
    t.strictSame(
      (await get(`website_stats?probe_cc=IT&probe_asn=AS1&input=${input}`)).json.results,
      days,
      input,
    );
  const urls = (await get('website_urls?probe_cc=IT&probe_asn=1&limit=1')).json;
  t.strictSame(urls.results, [
    { input: A, anomaly_count: 2, confirmed_count: 1, failure_count: 1, total_count: 2 },
  ]);
  t.strictSame(urls.metadata, {
    offset: 0,
    limit: 1,
    current_page: 1,
    total_count: 2,
    next_url: 'https://api.example.org/api/_/website_urls?limit=1&offset=1&probe_asn=1&probe_cc=IT',
  });
  const second = (await get('website_urls?probe_cc=IT&probe_asn=1&limit=10&offset=1')).json;
  t.equal(second.results[0].input, 'https://a.org');
  t.equal(second.metadata.next_url, null);
});

t.test('coverage, messengers, Tor, circumvention', async (t) => {
  const { network_coverage, test_coverage } = (await get('test_coverage?probe_cc=IT')).json;
  t.equal(network_coverage.length, 30);
  t.strictSame(network_coverage[0], { count: 1, test_day: '2026-06-14' });
  t.equal(network_coverage.at(-1).test_day, '2026-07-13');
  t.equal(test_coverage.length, 7 * 30);
  const im = test_coverage.filter((r: { test_group: string }) => r.test_group === 'im');
  t.equal(im[0].test_day, '2026-06-13');
  t.strictSame(
    im.filter((r: { count: number }) => r.count > 0),
    [
      { count: 1, test_day: '2026-07-01', test_group: 'im' },
      { count: 2, test_day: '2026-07-02', test_group: 'im' },
    ],
  );
  const grouped = (await get('test_coverage?probe_cc=IT&test_groups=x')).json;
  t.ok(grouped.network_coverage.every((r: { count: number }) => r.count === 0));

  t.strictSame((await get('im_networks?probe_cc=IT')).json, {
    signal: {
      anomaly_networks: [],
      ok_networks: [
        { asn: 1, name: '', total_count: 2, last_tested: '2026-07-02' },
        { asn: 2, name: '', total_count: 1, last_tested: '2026-07-02' },
      ],
      last_tested: '2026-07-02',
    },
  });
  const stats = (await get('im_stats?probe_cc=IT&probe_asn=1&test_name=signal')).json.results;
  t.equal(stats.length, 32);
  t.equal(stats.at(-1).test_day, '2026-07-15T00:00:00+00:00');
  t.equal(stats.filter((r: { total_count: number }) => r.total_count === 1).length, 2);

  const tor = (await get('vanilla_tor_stats?probe_cc=DE')).json;
  t.match(tor, { notok_networks: 1, last_tested: '2026-07-02' });
  t.match(tor.networks, [
    { probe_asn: 3, total_count: 6, success_count: 0, test_runtime_avg: null },
    { probe_asn: 5, total_count: 1, success_count: 1 },
  ]);
  t.equal(tor.networks.length, 2);

  t.strictSame((await get('circumvention_stats_by_country')).json.results, [
    { probe_cc: 'DE', cnt: 2 },
    { probe_cc: 'IT', cnt: 1 },
  ]);
  const grid = (await get('circumvention_runtime_stats')).json.results;
  t.equal(grid.length, 2 * 2 * 2);
  t.strictSame(grid[0], { test_name: 'psiphon', probe_cc: 'DE', date: '2026-07-02', v: [] });
  t.strictSame(grid.at(4), { test_name: 'tor', probe_cc: 'DE', date: '2026-07-02', v: [5, 9, 2] });
});

t.test(
  'scored again, and not merged yet: a day of one URL or test counts it once, by its last score',
  async (t) => {
    const admin = connectTo(t, clickhouseUrl, 'ooni', { username: 'default' });
    await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
    const site = 'https://again.org/';
    const measured = [
      row('2026-07-05 10:00:00', 'FR', 7, WEB, site, 'a'),
      row('2026-07-05 10:00:00', 'FR', 7, WEB, site),
      row('2026-07-05 11:00:00', 'FR', 7, 'signal'),
    ];
    for (const flags of ['a', '', 'cf']) {
      const values = measured.map((each, at) => ({
        ...each,
        anomaly: at === 0 && flags.includes('a') ? 't' : 'f',
        confirmed: at === 0 && flags.includes('c') ? 't' : 'f',
        msm_failure: flags.includes('f') ? 't' : 'f',
      }));
      await admin.insert({ table: 'fastpath', values, format: 'JSONEachRow' });
      // No two versions are of the same millisecond.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const rows = await admin.query({
      query: `SELECT count() AS rows FROM fastpath WHERE probe_cc = 'FR'`,
      format: 'JSONEachRow',
    });
    t.match(await rows.json(), [{ rows: 9 }]);
    const results = async (path: string) => (await get(path)).json.results;
    t.match(await results(`website_stats?probe_cc=FR&probe_asn=7&input=${site}`), [
      { anomaly_count: 0, confirmed_count: 1, failure_count: 2, total_count: 2 },
    ]);
    const days: { total_count: number }[] = await results(
      'im_stats?probe_cc=FR&probe_asn=7&test_name=signal',
    );
    t.strictSame(
      days.map(({ total_count }) => total_count).filter((total) => total > 0),
      [1],
    );
  },
);

t.test('what never changes, and the headers', async (t) => {
  t.strictSame((await get('check_report_id?report_id=x')).json, { found: true, v: 0 });
  t.equal((await get('test_names')).json.test_names.length, 24);
  t.match((await get('network_stats?probe_cc=IT')).json, { results: [] });
  const headers = async (path: string) => (await get(path)).headers.get('Cache-Control');
  t.equal(await headers('countries'), 'max-age=86400');
  t.equal(await headers('website_networks?probe_cc=IT'), 'max-age=0');
  t.equal(await headers('country_overview?probe_cc=x'), 'no-cache');
});
