/**
 * The calls of OONI Explorer 2.9, page by page, as its sources make them: order of parameters, escapes, headers,
 * and the fields that each page reads of the answer (protocol, data 5). `make test-explorer` walks the real one.
 */
import t from 'tap';
import { startSmtp } from '../support/smtp.ts';
import { ACCOUNT_KEYS, giveRole, json, mailedToken } from './accounts/support.ts';
import { ask, startDatabase, startService } from './support.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
const SITE = 'https://explorer.ooni.org';
const ADMIN = 'admin@example.org';

const smtp = await startSmtp();
t.teardown(() => smtp.close());
const { url, client } = await startService(t, {
  clickhouseUrl: await startDatabase(t),
  nowMs: () => NOW_MS,
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
});

const UID = '20260714101503.000001_RU_webconnectivity_0123456789abcdef';
const REPORT = '20260714T101500Z_webconnectivity_RU_64496_n1_AAAAAAAAAAAAAAAA';
const row = (serial: number, time: string, more: object = {}) => ({
  measurement_uid: UID.replace('000001', String(serial).padStart(6, '0')),
  report_id: REPORT,
  input: 'https://twitter.com/',
  domain: 'twitter.com',
  probe_cc: 'RU',
  probe_asn: 64496,
  test_name: 'web_connectivity',
  test_start_time: time,
  measurement_start_time: time,
  anomaly: 'f',
  confirmed: 'f',
  msm_failure: 'f',
  scores: '{"blocking_general":0}',
  ...more,
});
const blocked = {
  anomaly: 't',
  confirmed: 't',
  scores: '{"blocking_general":1,"analysis":{"blocking_type":"dns"}}',
};
const app = (test_name: string) => ({ test_name, input: '', domain: '' });
const insert = (table: string, values: readonly object[]) =>
  client.insert({ table, values, format: 'JSONEachRow' });
await insert('fastpath', [
  row(1, '2026-07-14 10:15:00', blocked),
  row(2, '2026-07-14 11:00:00', { probe_cc: 'IT' }),
  row(3, '2026-07-13 11:00:00', app('telegram')),
  row(4, '2026-07-13 12:00:00', app('tor')),
  row(5, '2026-06-20 12:00:00'),
  row(6, '2015-01-01 12:00:00'),
]);
await insert('citizenlab', [
  { domain: 'twitter.com', url: 'https://twitter.com/', cc: 'ZZ', category_code: 'GRP' },
]);
await insert('asnmeta', [{ asn: 64496, org_name: 'Example', changed: '2024-01-01' }]);
await insert('obs_web', [
  {
    measurement_uid: UID,
    observation_idx: 1,
    measurement_start_time: '2026-07-14 10:15:00.000',
    probe_cc: 'RU',
    probe_asn: 64496,
    test_name: 'web_connectivity',
    hostname: 'twitter.com',
    dns_failure: 'dns_nxdomain_error',
  },
]);
await insert('analysis_web_measurement', [
  {
    measurement_uid: UID,
    measurement_start_time: '2026-07-14 10:15:00.000',
    probe_cc: 'RU',
    probe_asn: 64496,
    test_name: 'web_connectivity',
    domain: 'twitter.com',
    dns_blocked: 0.75,
    dns_ok: 0.25,
    tcp_ok: 1,
    tls_ok: 1,
    top_dns_failure: 'dns_nxdomain_error',
  },
]);
await giveRole(client, ADMIN, 'admin', NOW_MS);

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely.
type Json = any;
const ACCEPT = { Accept: 'application/json, text/plain, */*' };
const PAGE = { ...ACCEPT, Origin: SITE, Referer: `${SITE}/`, 'Sec-Fetch-Mode': 'cors' };

/** From a page, where the browser wants to be told that the page may read it. */
const fromPage = async (path: string, bearer?: string): Promise<Json> => {
  const authorization = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
  if (bearer !== undefined) {
    const preflight = await ask(url + path, {
      method: 'OPTIONS',
      headers: {
        Origin: SITE,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    });
    t.match(preflight, { status: 200 }, `preflight of ${path}`);
    t.match(preflight.headers.get('access-control-allow-headers'), 'authorization');
  }
  const answer = await ask(url + path, { headers: { ...PAGE, ...authorization } });
  t.equal(answer.status, 200, path);
  t.equal(answer.headers.get('access-control-allow-origin'), SITE, path);
  return answer.json;
};
/** From Explorer's server, while it makes a page. */
const fromServer = async (path: string): Promise<Json> => {
  const answer = await ask(url + path, {
    headers: { ...ACCEPT, 'Accept-Encoding': 'gzip, compress, deflate, br' },
  });
  t.equal(answer.status, 200, path);
  return answer.json;
};

const MONTH = 'since=2026-06-16&until=2026-07-16';

t.test('home', async (t) => {
  t.match(await fromPage('/api/_/account_metadata'), { logged_in: false, role: '' });
  t.match(await fromServer('/api/_/global_overview'), {
    measurement_count: 6,
    network_count: 1,
    country_count: 2,
  });
  const months = await fromPage('/api/_/global_overview_by_month');
  for (const name of ['countries_by_month', 'networks_by_month', 'measurements_by_month']) {
    t.strictSame(
      months[name].map(({ date }: Json) => date.split('T')[0]),
      ['2026-06-01', '2026-07-01'],
      'ascending, so that the current month is the last',
    );
    t.ok(months[name].every(({ value }: Json) => typeof value === 'number'));
  }
});

t.test('lists of countries, networks and domains', async (t) => {
  const { countries } = await fromServer('/api/_/countries');
  t.match(countries, [
    { alpha_2: 'IT', count: Number, name: 'Italy' },
    { alpha_2: 'RU', count: Number },
  ]);
  t.match((await fromPage('/api/_/networks')).results, [
    { probe_asn: 64496, org_name: 'Example', cnt: Number },
  ]);
  t.match((await fromPage('/api/_/domains')).results, [
    { domain_name: 'twitter.com', category_code: 'GRP', measurement_count: Number },
  ]);
});

t.test('a country', async (t) => {
  t.match(await fromServer('/api/_/country_overview?probe_cc=RU'), {
    measurement_count: 5,
    network_count: 1,
    first_bucket_date: '2015-01-01',
  });
  const calendar = await fromPage(
    '/api/v1/aggregation?probe_cc=RU&since=2026-01-01&until=2026-07-16&axis_x=measurement_start_day',
  );
  t.match(calendar.result, [
    { measurement_start_day: '2026-06-20', measurement_count: 1 },
    { measurement_start_day: '2026-07-13', measurement_count: 2 },
    { measurement_start_day: '2026-07-14', measurement_count: 1 },
  ]);
  const sites = await fromPage(
    `/api/v1/aggregation?axis_y=domain&axis_x=measurement_start_day&probe_cc=RU&${MONTH}&test_name=web_connectivity&time_grain=day`,
  );
  t.match(sites.result.at(-1), {
    domain: 'twitter.com',
    measurement_start_day: '2026-07-14',
    anomaly_count: 0,
    confirmed_count: 1,
    failure_count: 0,
    ok_count: 0,
    measurement_count: 1,
  });
  const categories = await fromPage(
    `/api/v1/aggregation?probe_cc=RU&${MONTH}&axis_x=category_code&test_name=web_connectivity`,
  );
  t.match(categories.result, [{ category_code: 'GRP', confirmed_count: 1 }]);
  // A list of names is escaped as a form's value.
  const apps = await fromPage(
    `/api/v1/aggregation?axis_y=test_name&axis_x=measurement_start_day&probe_cc=RU&${MONTH}&time_grain=day&test_name=signal%2Ctelegram%2Cwhatsapp%2Cfacebook_messenger`,
  );
  t.match(apps.result, [{ test_name: 'telegram', measurement_start_day: '2026-07-13' }]);
  const recent = await fromPage(
    '/api/v1/measurements?limit=5&failure=false&order=desc&probe_cc=RU',
  );
  // Without dates, a search is of the last 30 days.
  t.equal(recent.results.length, 4);
  t.strictSame(await fromPage('/api/v1/incidents/search?country_code=RU'), { incidents: [] });
});

t.test('a network', async (t) => {
  const countries = await fromServer('/api/v1/aggregation?probe_asn=AS64496&axis_x=probe_cc');
  t.match(countries.result, [
    { probe_cc: 'IT', measurement_count: 1 },
    { probe_cc: 'RU', measurement_count: 4 },
  ]);
  t.match(await fromServer('/api/_/asnmeta?asn=64496'), { org_name: 'Example' });
  const years = await fromPage(
    '/api/v1/aggregation?probe_asn=AS64496&since=2014-07-15&until=2026-07-16&axis_x=measurement_start_day',
  );
  t.equal(years.result[0].measurement_start_day, '2015-01-01');
  const tools = await fromPage(
    `/api/v1/aggregation?axis_y=test_name&axis_x=measurement_start_day&probe_asn=AS64496&${MONTH}&test_name=psiphon%2Ctor%2Ctorsf&time_grain=day`,
  );
  t.match(tools.result, [{ test_name: 'tor', measurement_count: 1 }]);
  const recent = await fromPage(
    '/api/v1/measurements?limit=5&failure=false&order=desc&probe_asn=AS64496',
  );
  t.equal(recent.results.length, 5);
  // Before its address is read, a page asks with words.
  const early = await ask(
    `${url}/api/v1/aggregation?axis_y=domain&axis_x=measurement_start_day&probe_asn=AS64496&since=undefined&until=undefined&test_name=web_connectivity&time_grain=day`,
    { headers: PAGE },
  );
  t.equal(early.status, 422);
  t.equal(early.headers.get('access-control-allow-origin'), SITE);
  t.match(early.json, { error: String, message: String });
});

t.test('a domain, and the pages of a theme', async (t) => {
  t.match(await fromServer('/api/_/domain_metadata?domain=twitter.com'), {
    canonical_domain: 'twitter.com',
    category_code: 'GRP',
  });
  const chart = await fromPage(
    `/api/v1/aggregation?axis_x=measurement_start_day&axis_y=probe_cc&test_name=web_connectivity&domain=twitter.com&${MONTH}&time_grain=day`,
  );
  t.match(chart.result, [
    { probe_cc: 'RU', confirmed_count: 0, anomaly_count: 0, ok_count: 1 },
    { probe_cc: 'IT', confirmed_count: 0, anomaly_count: 0, ok_count: 1 },
    { probe_cc: 'RU', confirmed_count: 1, anomaly_count: 0, ok_count: 0 },
  ]);
  const recent = await fromPage(
    '/api/v1/measurements?limit=5&failure=false&order=desc&domain=twitter.com',
  );
  t.equal(recent.results.length, 3);
  const theme = await fromPage(
    `/api/v1/aggregation?axis_x=measurement_start_day&axis_y=probe_cc&${MONTH}&test_name=telegram&probe_cc=CN%2CIR%2CRU&time_grain=day`,
  );
  t.match(theme.result, [{ probe_cc: 'RU', measurement_start_day: '2026-07-13' }]);
  const none = await fromPage(
    `/api/v1/aggregation?axis_x=measurement_start_day&axis_y=probe_cc&${MONTH}&test_name=web_connectivity&domain=www.reddit.com&probe_cc=CN%2CIR%2CRU&time_grain=day`,
  );
  t.strictSame(none.result, [], 'nothing is an empty list: without one the chart is an error');
  t.match(await fromServer('/api/v1/incidents/search?theme=social_media'), { incidents: [] });
});

t.test('search, and more of it', async (t) => {
  const first = await fromPage(
    '/api/v1/measurements?since=2026-06-16&until=2026-07-16&failure=false&limit=2&order=desc',
  );
  t.match(first.results[0], {
    test_name: 'web_connectivity',
    input: 'https://twitter.com/',
    measurement_uid: UID.replace('000001', '000002'),
    probe_cc: 'IT',
    probe_asn: 'AS64496',
    measurement_start_time: '2026-07-14T11:00:00.000000Z',
    confirmed: false,
    anomaly: false,
    failure: false,
  });
  t.equal(first.results[1].scores.analysis.blocking_type, 'dns');
  t.match(first.metadata.next_url, /^https:\/\/api\.example\.org\/api\/v1\/measurements\?/);
  const more = await fromPage(first.metadata.next_url.replace('https://api.example.org', ''));
  t.match(more.results, [{ test_name: 'tor' }, { test_name: 'telegram' }]);
  const filtered = await fromPage(
    '/api/v1/measurements?probe_cc=RU&domain=twitter.com&input=https:%2F%2Ftwitter.com%2F&category_code=GRP&probe_asn=AS64496&test_name=web_connectivity&since=2026-07-14T10:00:00Z&until=2026-07-14T11:00:00Z&failure=false&limit=50&confirmed=true&order=desc',
  );
  t.match(filtered.results, [{ measurement_uid: UID, confirmed: true }]);
  const anomalies = await fromPage(
    '/api/v1/measurements?since=2026-06-16&until=2026-07-16&limit=50&anomaly=true&order=desc',
  );
  t.match(anomalies, { results: [{ measurement_uid: UID }], metadata: { next_url: null } });
});

t.test('a measurement, and its old address', async (t) => {
  const meta = await fromPage(`/api/v1/measurement_meta?measurement_uid=${UID}&full=true`);
  t.match(meta, {
    measurement_uid: UID,
    report_id: REPORT,
    input: 'https://twitter.com/',
    test_name: 'web_connectivity',
    measurement_start_time: '2026-07-14T10:15:00Z',
    probe_cc: 'RU',
    probe_asn: 64496,
    anomaly: true,
    confirmed: true,
    failure: false,
    raw_measurement: '',
  });
  t.equal(JSON.parse(meta.scores).analysis.blocking_type, 'dns', 'a text, parsed by the page');
  t.ok('verification_status' in meta);
  t.strictSame(await fromPage(`/api/_/measurement_feedback/${UID}`), { summary: {} });
  const old = await fromServer(
    `/api/v1/measurement_meta?report_id=${REPORT}&full=true&input=https:%2F%2Ftwitter.com%2F`,
  );
  t.match(old.measurement_uid, /^20260714101503\./);
});

t.test('charts', async (t) => {
  const one = await fromPage(
    `/api/v1/aggregation?test_name=web_connectivity&axis_x=measurement_start_day&${MONTH}&time_grain=day`,
  );
  t.match(one, { dimension_count: 1 });
  t.match(one.result[0], { measurement_start_day: '2026-06-20', ok_count: 1 });
  const two = await fromPage(
    `/api/v1/aggregation?test_name=web_connectivity&axis_x=measurement_start_day&${MONTH}&time_grain=week&axis_y=domain&loadChart=true`,
  );
  t.match(two, { dimension_count: 2 });
  t.equal(two.result.at(-1).measurement_start_day, '2026-07-12', 'weeks begin on Sunday');
  const csv = await ask(
    `${url}/api/v1/aggregation?test_name=web_connectivity&axis_x=measurement_start_day&${MONTH}&time_grain=day&format=CSV`,
  );
  t.match(csv.text.split('\r\n')[0] ?? '', 'measurement_start_day');

  const observations = await fromPage(
    `/api/v1/aggregation/observations?group_by=failure&group_by=timestamp&group_by=hostname&hostname=twitter.com&data=observations&test_name=web_connectivity&${MONTH}&time_grain=day`,
  );
  t.match(observations.results, [
    {
      hostname: 'twitter.com',
      failure: 'dns_other.dns_nxdomain_error',
      observation_count: 1,
      timestamp: /^2026-07-14T/,
    },
  ]);
  const analysis = await fromPage(
    `/api/v1/aggregation/analysis?test_name=web_connectivity&axis_x=measurement_start_day&${MONTH}&time_grain=day&axis_y=domain`,
  );
  t.match(analysis.results, [
    {
      domain: 'twitter.com',
      count: 1,
      measurement_start_day: /^2026-07-14/,
      loni: { blocked_max: Number, blocked_max_outcome: String, likely_blocked_protocols: Array },
    },
  ]);
});

t.test('login, feedback and findings', async (t) => {
  const asJson = (body: object, bearer?: string) => json(body, bearer);
  t.match(
    await ask(`${url}/api/v1/user_register`, asJson({ email_address: ADMIN, redirect_to: SITE })),
    { status: 200 },
  );
  const login = await fromPage(`/api/v1/user_login?k=${mailedToken(smtp, ADMIN)}`);
  t.match(login, { bearer: String, email_address: ADMIN });
  t.equal(new URL(login.redirect_to).origin, SITE);
  t.match(await fromPage('/api/_/account_metadata', login.bearer), {
    logged_in: true,
    role: 'admin',
  });
  const { bearer } = await fromPage('/api/v1/user_refresh_token', login.bearer);
  t.type(bearer, 'string');

  const feedback = { measurement_uid: UID, status: 'blocked.dns.nxdomain' };
  t.match(await ask(`${url}/api/_/measurement_feedback`, asJson(feedback, bearer)), {
    status: 200,
  });
  t.strictSame(await fromPage(`/api/_/measurement_feedback/${UID}`, bearer), {
    summary: { 'blocked.dns.nxdomain': 1 },
    user_feedback: 'blocked.dns.nxdomain',
  });

  // As its form sends it: days, and nothing for what was left open.
  const report = {
    reported_by: 'OONI',
    title: 'Twitter blocked',
    short_description: 'It was.',
    text: 'Text',
    start_time: '2026-07-14T00:00:00Z',
    end_time: null,
    published: false,
    event_type: 'incident',
    email_address: ADMIN,
    CCs: ['RU'],
    ASNs: [64496],
    domains: ['twitter.com'],
    themes: ['social_media'],
    tags: [],
    links: [],
    test_names: ['web_connectivity'],
  };
  const post = (action: string, body: object) =>
    ask(`${url}/api/v1/incidents/${action}`, asJson(body, bearer));
  const created = await post('create', report);
  t.match(created, { status: 200, json: { id: String } });
  const { id } = created.json;
  t.match(await post('publish', { id }), { status: 200 });
  const found = await fromServer('/api/v1/incidents/search');
  t.match(found.incidents, [
    {
      id,
      slug: String,
      title: 'Twitter blocked',
      short_description: 'It was.',
      start_time: '2026-07-14T00:00:00.000000Z',
      end_time: null,
      themes: ['social_media'],
      published: true,
      reported_by: 'OONI',
    },
  ]);
  const shown = await fromServer(`/api/v1/incidents/show/${found.incidents[0].slug}`);
  t.match(shown.incident, {
    id,
    text: 'Text',
    CCs: ['RU'],
    ASNs: [64496],
    tags: [],
    create_time: String,
  });
  const own = await fromPage(`/api/v1/incidents/show/${id}`, bearer);
  t.equal(own.incident.mine, true);
  // Its editor sends back what it got.
  const { update_time: _, mine: __, ...rest } = own.incident;
  t.match(await post('update', { ...rest, title: 'Twitter was blocked' }), {
    status: 200,
    json: { id },
  });
  t.match(await post('unpublish', { id }), { status: 200 });
  t.match(await post('delete', { id }), { status: 200 });
});
