/**
 * The pages for people: what they say, how they are served, and how they are used in a real browser.
 *
 * Covers src/api/families/pageFamilies.ts, src/api/pages/{page, pageFaults, registry, assets, formats}.ts,
 * src/api/pages/{pageRoutes, pageAnswer}.tsx, src/api/pages/{frame, filters, parts, charts, problem, landing, search, aggregation}.tsx,
 * src/api/pages/{summary, country, network, domain, apiDocs, findings}.tsx,
 * src/api/pages/{measurement, timeline, rawText}.tsx, src/api/pages/searchResults.ts,
 * src/api/pages/{archive, archiveDay, archiveLog}.tsx, src/api/pages/archiveParts.ts,
 * src/api/status/statusReads.ts, src/api/status/{statusMain, statusPage}.tsx, src/program/operatorListener.ts,
 * src/api/pages/assets/{script, stylesheet, icon}.ts, src/api/pages/texts/{en, ar, languages}.ts
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import t, { type Test } from 'tap';
import { writeState } from '../../../src/api/fetch/jobState.ts';
import { type StatusPageParts, statusPage } from '../../../src/api/status/statusPage.tsx';
import { parseMeasurementUid } from '../../../src/core/measurement/measurementUid.ts';
import { geoipJob } from '../../../src/core/sources/geoipJob.ts';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';
import { makeLog } from '../../../src/log/log.ts';
import { serveMetrics } from '../../../src/program/operatorListener.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { accessibilityFaults, startBrowser } from '../../support/browser.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { fillSpool, makeHost } from '../../uploader/fixture.ts';
import { ask, startService } from '../support.ts';

const SILENT = makeLog({ level: 'debug', journald: false, write: () => {} });
const AWAY = {
  url: 'http://127.0.0.1:1',
  database: 'ooni',
  username: 'default',
  password: '',
  application: 'test',
};
const NOW_MS = Date.parse('2026-08-21T12:00:00Z');
/** What a hostile probe would write into every text. */
const HOSTILE = `"><script>hacked=1</script><img src=x onerror=hacked=1>'&\u202e`;

const clickhouse = await startClickHouse();
t.teardown(() => clickhouse.stop());
const stores = await startStores();
t.teardown(() => stores.stop());
const host = await makeHost(t.testdir(), stores.kinds[1]!, clickhouse.url);
t.teardown(() => host.close());
const config = {
  base_url: 'https://data.example.org',
  archive_url: 'https://archive.example.org',
  clickhouse: { url: clickhouse.url, database: host.database },
};
const api = await startService(t, { config, objects: () => host.store, nowMs: () => NOW_MS });

const content = {
  report_id: HOSTILE,
  input: `https://example.org/${HOSTILE}`,
  probe_network_name: HOSTILE,
  software_name: HOSTILE,
  software_version: HOSTILE,
  test_runtime: 1.25,
  [HOSTILE]: [HOSTILE],
  test_keys: {
    [HOSTILE]: { [HOSTILE]: HOSTILE.repeat(10) },
    queries: [{ hostname: HOSTILE, query_type: HOSTILE, failure: HOSTILE, t0: 0.1, t: 0.2 }],
    tcp_connect: [{ ip: '::1', port: 443, status: { failure: null }, t0: 0.2, t: 0.4 }],
    tls_handshakes: [{ address: HOSTILE, server_name: HOSTILE, failure: null, t: 0.5 }],
    requests: [{ request: { method: HOSTILE, url: HOSTILE }, response: { code: 200 }, t0: 0.5 }],
  },
};
const [{ uid } = { uid: '' }] = fillSpool(host, [JSON.stringify(content), '{"test_keys":{}}']);
await host.run();
const row = (serial: number, values: Readonly<Record<string, unknown>> = {}) => ({
  measurement_uid: `20260820101503.${String(serial).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`,
  report_id: 'r',
  input: 'https://example.org/',
  probe_cc: ['IT', 'DE', 'FR'][serial % 3],
  probe_asn: 30722,
  test_name: serial % 4 === 0 ? 'signal' : 'web_connectivity',
  test_start_time: '2026-08-20 10:15:03',
  measurement_start_time: `2026-08-${String(1 + (serial % 20)).padStart(2, '0')} 10:15:03`,
  domain: 'example.org',
  anomaly: serial % 5 === 0 ? 't' : 'f',
  confirmed: serial % 10 === 0 ? 't' : 'f',
  msm_failure: serial % 7 === 0 ? 't' : 'f',
  scores: '{}',
  ...values,
});
await host.clickhouse.insert({
  table: 'fastpath',
  format: 'JSONEachRow',
  values: [
    ...Array.from({ length: 120 }, (_, serial) => row(serial)),
    row(0, {
      measurement_uid: uid,
      report_id: HOSTILE,
      input: `https://example.org/${HOSTILE}`,
      measurement_start_time: '2026-08-21 10:15:03',
      probe_cc: HOSTILE,
      test_name: HOSTILE,
      domain: HOSTILE,
      anomaly: 't',
      confirmed: 't',
      msm_failure: 'f',
      scores: JSON.stringify({
        accuracy: 0.1,
        msg: HOSTILE,
        fingerprints: [{ name: HOSTILE, scope: HOSTILE, expected_countries: [HOSTILE, 'IT'] }],
        analysis: { blocking_type: 'dns', msg: HOSTILE, [HOSTILE]: HOSTILE },
      }),
    }),
  ],
});

await host.clickhouse.insert({
  table: 'asnmeta',
  format: 'JSONEachRow',
  values: [{ asn: 30722, org_name: 'An Organisation', changed: '2026-01-01' }],
});

const finding = (id: string, published: boolean) => ({
  id,
  edit: 1,
  write_id: id,
  creator_account_id: 'somebody',
  email_address: 'somebody@example.org',
  create_time: '2026-08-01 00:00:00',
  update_time: '2026-08-01 00:00:00',
  start_time: '2026-07-01 00:00:00',
  end_time: null,
  title: `${id} ${HOSTILE}`,
  short_description: HOSTILE,
  slug: `slug-${id}`,
  text: `# ${HOSTILE}\n[a](javascript:hacked=1)`,
  reported_by: HOSTILE,
  published,
  CCs: ['IT', HOSTILE],
});
await host.clickhouse.insert({
  table: 'findings',
  format: 'JSONEachRow',
  values: [finding('10001', true), finding('10002', false)],
});

const CHARTS = ['', '?axis_x=probe_cc', '?axis_y=test_name', '?axis_x=domain&axis_y=probe_cc'].map(
  (query) => `/ui/chart${query}`,
);
const MEASUREMENT = `/ui/measurement/${uid}`;
const PLACES = [
  '/ui/country/it',
  '/ui/network/AS30722',
  `/ui/domain/${encodeURIComponent(HOSTILE)}`,
];
const PAGES = [
  '/',
  '/ui/search',
  MEASUREMENT,
  ...CHARTS,
  ...PLACES,
  '/ui/findings',
  '/ui/finding/10001',
  '/ui/archive',
  '/ui/archive?day=2026-08-21',
  '/ui/api',
];
/**
 * Of layout shifts while a page loads; a tenth is what counts as steady. Columns of a table move by less when a browser
 * that is slow to read shows the first rows before it has the last.
 */
const SHIFT_LIMIT = 0.01;
const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const get = (path: string, headers: Record<string, string> = {}) =>
  ask(api.url + path, { headers: { ...HTML, ...headers } });

t.test('served strictly, small, and kept by caches', async (t) => {
  for (const path of PAGES) {
    const { status, headers, text } = await get(path);
    t.equal(status, 200, path);
    t.match(
      headers.get('content-security-policy'),
      /^default-src 'none'; .*frame-ancestors 'none'/,
    );
    t.equal(headers.get('set-cookie'), null);
    t.match(headers.get('cache-control'), path === '/ui/api' ? /^max-age=3600/ : /^max-age=60/);
    t.match(headers.get('vary'), /Accept-Language/);
    t.ok(text.length < 60_000, `${text.length} characters`);
    t.notMatch(text, /<(?!a )[^>]*(?:src|href)="(?:https?:)?\/\//, 'nothing from elsewhere');
    const again = await get(path, { 'If-None-Match': headers.get('etag')! });
    t.equal(again.status, 304);
    for (const [, asset] of text.matchAll(/(?:src|href)="(\/ui\/[a-z]+-[0-9a-f]{16}\.\w+)"/g)) {
      const file = await get(asset!);
      t.equal(file.status, 200, asset!);
      t.match(file.headers.get('cache-control'), /immutable/);
    }
  }
});

t.test('light: a page without its data, with all that belongs to it', async (t) => {
  for (const path of [
    '/ui/search?domain=nothing.example',
    '/ui/chart?domain=nothing.example',
    '/ui/country/AQ',
    '/ui/network/64500',
    '/ui/domain/nothing.example',
    '/ui/findings?country_code=AQ',
    '/ui/archive?until=2020-01-01',
    '/ui/nope',
  ]) {
    const { text } = await get(path);
    const assets = [...text.matchAll(/(?:src|href)="(\/ui\/[a-z]+-[0-9a-f]{16}\.\w+)"/g)];
    t.equal(assets.length, 3);
    const parts = await Promise.all(assets.map(async ([, asset]) => (await get(asset!)).text));
    const bytes = [text, ...parts].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    t.ok(bytes < 60_000, `${path}: ${bytes} bytes`);
  }
});

t.test('programs get what they have always got at /', async (t) => {
  for (const accept of ['*/*', 'application/json'])
    t.strictSame((await get('/', { Accept: accept })).json, { msg: 'hello from ooniprobe' });
  t.match((await get('/', { Accept: '*/*' })).headers.get('vary'), /Accept/);
});

t.test('what a probe wrote is text', async (t) => {
  for (const path of [
    ...PAGES,
    `/ui/search?domain=${encodeURIComponent(HOSTILE)}&lang=${encodeURIComponent(HOSTILE)}`,
  ]) {
    const { text } = await get(path);
    t.notMatch(text, '<script>', path);
    t.notMatch(text, '<img', path);
  }
  const { text } = await get(MEASUREMENT);
  t.match(text, '&lt;script>hacked=1', 'it is there, as text');
});

t.test('a language by address, else by what the browser prefers', async (t) => {
  t.match((await get('/')).text, '<html lang="en" dir="ltr">');
  t.match(
    (await get('/', { 'Accept-Language': 'fr, ar-EG;q=0.8, en;q=0.5' })).text,
    'lang="ar" dir="rtl"',
  );
  const chosen = await get('/ui/search?lang=ar', { 'Accept-Language': 'en' });
  t.match(chosen.text, '<html lang="ar" dir="rtl">');
  t.match(chosen.text, 'href="/?lang=ar"', 'links keep it');
  t.match((await get('/?lang=xx', { 'Accept-Language': 'fr' })).text, '<html lang="en"');
});

t.test('what is not there, and what is not understood', async (t) => {
  for (const path of [
    '/ui/nope',
    '/ui/a/b',
    '/ui/measurement/20260820101503.999999_IT_x_0123456789abcdef',
  ]) {
    const { status, headers, text } = await get(path);
    t.equal(status, 404, path);
    t.match(text, 'Not here');
    t.match(headers.get('content-security-policy'), "default-src 'none'");
  }
  const bad = await get('/ui/search?since=yesterday');
  t.equal(bad.status, 422);
  t.match(bad.text, /since: Input should be a valid datetime/);
  t.match(bad.text, '<form', 'the form is there to mend it');
  t.equal((await get('/ui/search?since=2020-01-01')).status, 400, 'the range is too long');
  t.equal((await get('/ui?x=1')).headers.get('location'), '/?x=1');
  t.equal((await get('/ui/')).headers.get('location'), '/ui');
  t.equal((await get('/ui/search//?x=1')).headers.get('location'), '/ui/search?x=1');
});

t.test('a fault that no page has said is a page too, for whoever reads HTML', async (t) => {
  const used = {
    standing: () => ({ remaining: 0, retryAfterS: 5 }),
    spend: () => {},
    summary: async () => [],
    heard: () => {},
    close: () => {},
  };
  const spent = await startService(t, { config, objects: () => host.store, quotas: used });
  const cases: [url: string, method: string, status: number, heading: string][] = [
    [`${spent.url}/ui/search?lang=en`, 'GET', 429, 'Too much for now'],
    [`${spent.url}/?lang=ar`, 'GET', 429, 'أكثر من المسموح الآن'],
    [`${api.url}/ui/search`, 'POST', 405, 'Something went wrong'],
  ];
  for (const [url, method, status, heading] of cases) {
    const page = await ask(url, { method, headers: HTML });
    t.equal(page.status, status, url);
    t.match(page.text, heading);
    t.match(page.text, /<link[^>]+\/ui\/style-/, 'in the frame of all');
    t.match(page.headers.get('content-security-policy'), "default-src 'none'");
    t.equal(page.headers.get('cache-control'), 'no-cache');
    t.equal(page.headers.get('retry-after'), status === 429 ? '5' : null);
    const { json } = await ask(url, { method, headers: { Accept: '*/*' } });
    t.type(json.error, 'string', 'as programs have always got it');
  }
  const { json } = await ask(`${spent.url}/api/v1/measurements`, { headers: HTML });
  t.equal(json.error, 'quota exceeded', 'no page');
});

const uidsOf = (html: string) =>
  [...html.matchAll(/href="\/ui\/measurement\/([^"?]+)/g)].map(([, name]) => name!);

t.test('a search by pages has every row once', async (t) => {
  const seen: string[] = [];
  let path: string | undefined = '/ui/search?probe_cc=it,de,fr&since=2026-08-01';
  let pages = 0;
  while (path !== undefined) {
    const { text } = await get(path);
    seen.push(...uidsOf(text));
    path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    pages++;
  }
  t.equal(pages, 3);
  t.equal(seen.length, 120);
  t.equal(new Set(seen).size, 120);
  const verdicts = await Promise.all(
    ['ok', 'anomaly', 'confirmed', 'failure'].map(async (verdict) => {
      const { text } = await get(
        `/ui/search?probe_cc=IT,DE,FR&since=2026-08-01&verdict=${verdict}&format=csv`,
      );
      return text.trim().split('\r\n').length - 1;
    }),
  );
  t.equal(
    verdicts.reduce((a, b) => a + b),
    120,
    'each has one verdict',
  );
  const csv = await get('/ui/search?probe_cc=IT&format=csv');
  t.match(csv.headers.get('content-disposition'), 'measurements.csv');
  t.match(csv.text, /^anomaly,confirmed,failure,input,measurement_start_time,/);
});

t.test('a search in the order of its column', async (t) => {
  const newest = (await get('/ui/search')).text;
  const turned = /aria-sort="descending"><a class="sort" href="([^"]+)"/.exec(newest)?.[1];
  t.equal(turned, '/ui/search?order=asc');
  const oldest = (await get(turned!)).text;
  t.match(oldest, 'aria-sort="ascending"><a class="sort" href="/ui/search"');
  const times = [...oldest.matchAll(/<time datetime="([^"]+)"/g)].map(([, time]) => time!);
  t.equal(times.length, 50);
  t.strictSame(times, times.toSorted());
});

t.test('charts say the numbers of the API', async (t) => {
  const range = '&since=2026-08-01&until=2026-08-22';
  const { text } = await get(`/ui/chart?axis_x=probe_cc&probe_cc=it,de${range}`);
  t.match(
    text,
    /Italy<\/bdi><\/a><\/th>.*?aria-label="6 Failed, 3 Confirmed, 3 Anomaly, 28 Accessible".*?>40</,
  );
  t.notMatch(text, 'France');
  const days = await get(`/ui/chart?axis_x=test_name&axis_y=measurement_start_day${range}`);
  t.match(days.text, /Measurements by test and day/, 'time runs from side to side');
  t.equal([...days.text.matchAll(/<td class="strip">/g)].length, 3);
  const { json } = await get(`/api/v1/aggregation?axis_x=probe_cc&axis_y=test_name${range}`);
  const matrix = (await get(`/ui/chart?axis_x=probe_cc&axis_y=test_name${range}`)).text;
  const rows = matrix
    .match(/<table class="counts">.*?<\/table>/s)![0]
    .split('<tr>')
    .slice(2);
  t.equal(rows.length, json.result.length, 'a line for each cell');
  t.match(
    rows.join(''),
    /<bdi>Signal<\/bdi><\/th><th scope="row"><bdi>Italy<\/bdi><\/th><td class="number">10</,
  );
  const same = await get(`/ui/chart?axis_x=domain&axis_y=domain${range}`);
  t.equal(same.status, 200, 'one axis for both is one');
  const bad = await get('/ui/chart?probe_asn=x');
  t.equal(bad.status, 400);
  t.match(bad.text, /Invalid ASN value/);
  t.equal((await get('/ui/chart?since=2026-13-01')).status, 422);
  const bars = (html: string) => [...html.matchAll(/class="hover"/g)].length;
  const compact = (await get('/ui/chart?since=20260801&until=2026-08-11T12:00Z')).text;
  t.equal(bars(compact), 11, 'days as the API understands them');
  const long = (await get('/ui/chart?since=2025-08-22&until=2026-08-22')).text;
  t.equal(bars(long), 200);
  t.match(long, 'The last 200 of 365 days', 'what is left out is said');
  t.match((await get('/ui/chart?axis_y=probe_cc&since=2025-08-22')).text, 'The last 200 of 365');
  t.notMatch(compact, 'The last');
  t.match((await get('/ui/chart?domain=nothing.example')).text, 'Nothing was measured');
});

t.test('what is looked for in a measurement', async (t) => {
  const find = async (text: string) =>
    (await get(`${MEASUREMENT}?find=${encodeURIComponent(text)}&lang=en`)).text;
  const none = (await get(MEASUREMENT)).text;
  t.notMatch(none, '<mark>');
  t.notMatch(none, '<details open');
  const found = await find('TCP_connect');
  t.match(found, /<details open><summary><b>test_keys.<mark>tcp_connect<\/mark><\/b>/);
  t.match(found, '1 places in 1 parts.');
  t.match(found, `href="${MEASUREMENT}?lang=en#raw"`, 'back to all');
  t.match(await find('nothing like that'), 'Not found.');
  const hostile = await find(HOSTILE);
  t.match(hostile, '<mark>');
  t.notMatch(hostile, '<script>');
  t.notMatch(hostile, '<img');
  t.equal((await get(`${MEASUREMENT}?find=${'x'.repeat(1_000)}`)).status, 200);
});

t.test('a page of a country, a network, a domain', async (t) => {
  const country = await get('/ui/country/it');
  t.match(country.text, '<h1>Italy</h1>');
  t.match(country.text, 'href="/ui/search?probe_cc=IT&amp;probe_asn=30722"');
  t.equal(uidsOf(country.text).length, 10);
  t.match((await get('/ui/network/30722')).text, '<h1><bdi>AS30722 An Organisation</bdi></h1>');
  t.match((await get('/ui/network/64500')).text, 'Nothing was measured');
  t.match((await get('/')).text, 'href="/ui/country/IT"');
  const [, domains] = /Domains<\/dt><dd>(\d+)</.exec(country.text)!;
  t.equal(domains, '1', 'what has no input has no domain');
  for (const path of [
    'country/ITA',
    'country/1',
    'network/x',
    'network/0',
    'domain/a,b',
    'domain/x',
  ])
    t.equal((await get(`/ui/${path}`)).status, 404, path);
});

t.test('findings that are published, and no address of who wrote them', async (t) => {
  const list = (await get('/ui/findings')).text;
  t.match(list, 'href="/ui/finding/10001"');
  t.notMatch(list, '10002');
  t.match((await get('/ui/findings?country_code=de')).text, 'Nothing has been published');
  const one = await get('/ui/finding/slug-10001');
  t.equal(one.status, 200);
  t.notMatch(list + one.text, 'somebody@example.org');
  t.notMatch(one.text, 'href="javascript');
  t.equal((await get('/ui/finding/10002')).status, 404, 'a draft is nobody’s');
  t.equal((await get('/ui/finding/nothing')).status, 404);
});

t.test('the archive: days, a day with its files, and the log', async (t) => {
  const days = (await get('/ui/archive?lang=en')).text;
  t.match(days, /href="\/ui\/archive\?day=2026-08-21&amp;lang=en"><bdi>2026-08-21<\/bdi>/);
  const checkpoint = await get('/api/v1/log/checkpoint');
  t.match(days, checkpoint.text.split('\n')[2]!, 'the root that the log was signed with');
  t.match(days, /Entries<\/dt><dd><bdi class="data">2</);
  t.match((await get('/ui/archive?until=2026-08-20')).text, 'Nothing was published');

  const { json } = await get('/api/v1/files?day=2026-08-21');
  t.equal(json.files.length, 2);
  const { text } = await get('/ui/archive?day=2026-08-21');
  for (const { key } of json.files)
    t.match(text, `href="https://archive.example.org/${key}" download`);
  t.match(text, /href="\/ui\/archive\?probe_cc=\w\w&amp;day=2026-08-21"/, 'a country of the day');
  t.match(text, 'href="/ui/archive?day=2026-08-20"');
  t.match((await get('/ui/archive?day=2026-08-20')).text, 'no such files');
  t.match((await get('/ui/archive?day=2026-08-21&probe_cc=zz')).text, 'no such files');

  for (const [day, status] of [
    ['yesterday', 422],
    ['2026-08-21T10:00:00Z', 400],
    ['2026-13-41', 422],
  ] as const) {
    const bad = await get(`/ui/archive?day=${day}`);
    t.equal(bad.status, status, day);
    t.match(bad.text, '<form', 'the form is there to mend it');
  }
  t.equal((await get('/ui/archive?until=never')).status, 422);
  t.match((await get('/ui/archive?day=20260821')).text, 'href="/ui/archive?day=2026-08-20"');
  t.match((await get('/ui/archive?until=20260820')).text, '<bdi>2026-08-19</bdi>');
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  t.strictSame(ids, [...new Set(ids)], 'no name twice');
});

t.test('the bucket is away: what the index knows is shown', async (t) => {
  const list = () => {
    throw new Error('no such host');
  };
  const away = await startService(t, {
    config,
    objects: () => ({ ...host.store, list, read: async () => list() }) as typeof host.store,
    nowMs: () => NOW_MS,
  });
  const page = (path: string) => ask(away.url + path, { headers: HTML });
  const days = await page('/ui/archive');
  t.equal(days.status, 200);
  t.match(days.text, '2026-08-21');
  t.match(days.text, 'The log cannot be read');
  const day = await page('/ui/archive?day=2026-08-21');
  t.equal(day.status, 503);
  t.ok(day.headers.get('retry-after'));
  t.match(day.text, 'The bucket cannot be listed');
  t.match(away.lines.join('\n'), /cannot list the archive: check the bucket/);
});

t.test('a folder that no address is known of, and no log yet', async (t) => {
  const { archive_url: _, ...alone } = config;
  const empty = await startService(t, { config: alone, nowMs: () => NOW_MS });
  const { status, text } = await ask(`${empty.url}/ui/archive?day=2026-08-21`, { headers: HTML });
  t.equal(status, 200);
  t.match(text, 'no such files');
  t.match(text, 'No log is published yet');
});

/** The operators' listener, with this page alone. */
async function startOperators(t: Pick<Test, 'teardown'>, changed: Partial<StatusPageParts> = {}) {
  const page = statusPage({
    config: api.config,
    client: api.client,
    spool: await openSpool(host.spoolDir),
    faults: () => [],
    workers: () => ({ running: 2, count: 2, restarts: 0, stored: 1_234 }),
    version: '1.2.3',
    nowMs: () => NOW_MS,
    ...changed,
  });
  const parts = { metrics: async () => '', errors: () => [], version: '1.2.3', page };
  const server = await serveMetrics('127.0.0.1:0', parts, SILENT);
  t.teardown(() => server.close());
  return `http://${server.address}`;
}

t.test('how the host is doing, for its operators alone', async (t) => {
  const dir = t.testdir({
    spool: {},
    sources: {},
    metrics: {
      'ooni-uploader.prom': `ooni_uploader_runs_total 7
ooni_uploader_failed_runs_total 2
ooni_uploader_last_success_timestamp_seconds ${NOW_MS / 1000 - 7_200}
`,
    },
  });
  const spoolDir = join(dir, 'spool');
  const spool = await openSpool(spoolDir);
  const post = Buffer.from('{}');
  for (const uid of [
    '20260821113000.000000_IT_ndt_0123456789abcdef',
    '20260821080000.000000_IT_ndt_0123456789abcdef',
  ])
    await spool.accept(parseMeasurementUid(uid)!, post);
  await spool.unlinkPending(['20260821113000.000000_IT_ndt_0123456789abcdef']);
  await writeState(join(dir, 'sources'), geoipJob, {
    runs: 3,
    failed_runs: 1,
    last_success_ms: NOW_MS - 3_600_000,
    taken_at_ms: 1,
    rows: 0,
  });
  const status = {
    ...api.config,
    spool_dir: spoolDir,
    sources_dir: join(dir, 'sources'),
    fetch: { ...api.config.fetch, metrics_dir: join(dir, 'metrics') },
  };
  const well = await startOperators(t, { config: status, spool });
  const { status: code, headers, text } = await ask(`${well}/status`, { headers: HTML });
  t.equal(code, 200);
  t.match(headers.get('content-security-policy'), /^default-src 'none'/);
  t.equal(headers.get('cache-control'), 'no-store');
  t.match(text, /Stored<\/dt><dd>1,234/);
  t.match(text, /To be scored<\/dt><dd>1<small>the oldest 4 hours ago/);
  t.match(text, /To be published<\/dt><dd>2<small><bdi>2026-08-21 08:00/);
  // An hour with one that waits; the one that the uploader has published and nobody has scored.
  t.match(
    text,
    /2026-08-21 11:00<\/bdi><\/th><td class="bar">.*?<\/td><td class="number">1<\/td><td class="number">0<\/td><td class="number">0</,
  );
  t.match(
    text,
    /2026-08-21 10:00<\/bdi><\/th><td class="bar">.*?<\/td><td class="number">2<\/td><td class="number">1<\/td><td class="number">2</,
  );
  t.match(
    text,
    /ooni-uploader<\/code><\/th><td>2 hours ago<\/td><td class="number">7<\/td><td class="number">2</,
  );
  t.match(
    text,
    /ooni-api-fetch@geoip<\/code><\/th><td>1 hour ago<\/td><td class="number">3<\/td><td class="number">1</,
  );
  t.match(text, /ooni-api-fetch@fingerprints has not succeeded in time/, 'what never ran is late');
  t.match((await ask(`${well}/status?lang=ar`)).text, '<html lang="ar" dir="rtl">');
  for (const [, asset] of text.matchAll(/(?:src|href)="(\/ui\/[a-z]+-[0-9a-f]{16}\.\w+)"/g))
    t.equal((await ask(well + asset)).status, 200, asset!);
  t.equal((await ask(`${well}/ui/search`)).status, 404, 'no page of the public address');

  const away = await startOperators(t, {
    config: { ...status, spool_dir: '/nowhere' },
    spool: { async *pending() {} },
    client: openClickHouse({ ...AWAY, requestTimeoutMs: 1_000 }),
    faults: () => ['ClickHouse does not answer, searches fail'],
    workers: () => ({ running: 1, count: 2, restarts: 4, stored: 0 }),
  });
  const bad = await ask(`${away}/status`);
  t.equal(bad.status, 200, 'it is needed most when all else fails');
  t.match(bad.text, 'ClickHouse does not answer');
  t.match(bad.text, '1 worker processes do not listen');
  t.match(bad.text, /This is not known at the moment:.*ENOENT/);
  t.match(bad.text, /This is not known at the moment:.*ECONNREFUSED/);
  t.match(bad.text, 'ooni-api-fetch@geoip', 'what can be read is there');

  for (const path of ['/status', '/ui/status', '/ui/operators', '/metrics']) {
    const answer = await get(path);
    t.equal(answer.status, 404, `${path} on the public address`);
    t.notMatch(answer.text, 'ooni-api-fetch');
  }
});

t.test('the API describes itself', async (t) => {
  const { json, headers } = await get('/ui/openapi.json');
  t.equal(headers.get('content-type'), 'application/json');
  const { text } = await get('/ui/api');
  for (const path of Object.keys(json.paths)) t.match(text, `<code>${path}</code>`);
});

t.test('the database is away: a page that says so', async (t) => {
  const alone = await startService(t);
  const asking = PAGES.filter((path) => path !== '/ui/api');
  for (const path of asking) {
    const { status, headers, text } = await ask(alone.url + path, { headers: HTML });
    t.equal(status, 503, path);
    t.ok(headers.get('retry-after'));
    t.equal(headers.get('cache-control'), 'no-cache');
    t.match(text, 'none is lost');
  }
  t.equal(
    alone.lines.filter((line) => line.includes('a page cannot be made')).length,
    asking.length,
  );
});

const browser = await startBrowser(t);
const FAULTS = ['/ui/nope', '/ui/search?since=yesterday'];
/** Every page on a phone, where room is short; of the others those that differ most. */
const LOOKS: readonly (BrowserContextOptions & {
  readonly lang: string;
  readonly paths: readonly string[];
})[] = [
  {
    viewport: { width: 360, height: 800 },
    colorScheme: 'dark',
    lang: 'en',
    paths: [...PAGES, ...FAULTS],
  },
  {
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    lang: 'en',
    paths: ['/', '/ui/search', MEASUREMENT, CHARTS[3]!],
  },
  {
    viewport: { width: 360, height: 800 },
    colorScheme: 'light',
    lang: 'ar',
    paths: ['/', MEASUREMENT, CHARTS[2]!],
  },
];

t.test('in a browser', { skip: browser === undefined && 'no Chromium' }, async (t) => {
  const operators = await startOperators(t);
  for (const { lang, paths, ...look } of LOOKS)
    await t.test(`accessible and within its width: ${lang}, ${look.colorScheme}`, async (t) => {
      const context = await browser!.newContext(look);
      const page = await context.newPage();
      const complaints: string[] = [];
      await context.addInitScript(() => {
        const shifts: number[] = [];
        Object.assign(globalThis, { shifts });
        new PerformanceObserver((list) => {
          // biome-ignore lint/suspicious/noExplicitAny: the types of the DOM do not have it yet
          for (const entry of list.getEntries() as any[]) shifts.push(entry.value);
        }).observe({ type: 'layout-shift', buffered: true });
      });
      page.on('console', (message) => complaints.push(message.text()));
      for (const path of [...paths, `${operators}/status`]) {
        const url = path.startsWith('http') ? path : api.url + path;
        await page.goto(`${url}${url.includes('?') ? '&' : '?'}lang=${lang}`);
        const shifts = (await page.evaluate('shifts')) as number[];
        t.ok(
          shifts.reduce((sum, shift) => sum + shift, 0) < SHIFT_LIMIT,
          `${path} stays where it is: ${shifts}`,
        );
        for (const summary of await page.$$('summary')) await summary.click();
        t.strictSame(await accessibilityFaults(page), [], path);
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        t.equal(beyond, 0, `${path} needs no scrolling sideways`);
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll('.wide:has(.most, .strip)')]
            .filter((table) => table.scrollWidth > table.clientWidth)
            .map(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]),
        );
        t.strictSame(cut, [], `${path}: bars have their numbers beside them`);
        t.equal(await page.evaluate('typeof hacked'), 'undefined');
        const inline = await page.evaluate(() =>
          [...document.querySelectorAll('*')].flatMap((element) =>
            element.getAttributeNames().filter((name) => /^(?:style|on.*)$/.test(name)),
          ),
        );
        t.strictSame(inline, [], 'no style and no handler in the markup');
      }
      t.strictSame(
        complaints.filter((text) => !/status of 4\d\d/.test(text)),
        [],
        'no complaint of the browser',
      );
      await context.close();
    });

  await t.test('a newcomer lands, searches, opens, and checks the proof', async (t) => {
    const page = await browser!.newPage();
    await page.goto(api.url);
    await page.keyboard.press('Tab');
    t.equal(await page.evaluate(() => document.activeElement?.className), 'skip', 'by keys alone');
    await page.keyboard.press('Enter');
    t.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.click('text=Search all measurements');
    await page.selectOption('#verdict', 'confirmed');
    await page.fill('#since', '2026-08-20');
    await page.press('#since', 'Enter');
    await page.waitForURL(/verdict=confirmed/);
    t.equal(await page.inputValue('#verdict'), 'confirmed', 'the form says what was asked');
    await page.click('.measurements tbody a');
    await page.waitForURL(/\/ui\/measurement\//);
    t.match(await page.textContent('h2#verdict'), 'Confirmed blocked');

    const result = async () => {
      await page.click('.check button');
      await page.waitForSelector(
        '.check .result:is(.good, .bad, .unsigned, .unavailable, .insecure)',
      );
      return page.getAttribute('.check .result', 'class');
    };
    // Chromium knows the signatures from 137 on.
    t.match(await result(), /result (?:good|unsigned)/);
    for (const [what, change] of Object.entries({
      'another entry': (text: string) =>
        text.replace(String.raw`"entry":"{\"uid\":\"2`, String.raw`"entry":"{\"uid\":\"3`),
      'another place': (text: string) => text.replace(/"leaf_index":0/, '"leaf_index":1'),
      'another proof': (text: string) =>
        text.replace(/("inclusion_proof":\[")./, '$1_').replace('"_', '"B'),
      'another text': undefined,
    })) {
      const path = change === undefined ? /measurement\/[^/]+$/ : /\/proof$/;
      await page.reload();
      await page.route(path, async (route) => {
        const answer = await route.fetch();
        const text = await answer.text();
        await route.fulfill({ response: answer, body: change?.(text) ?? `${text} ` });
      });
      t.match(await result(), 'bad', what);
      await page.unroute(path);
    }
    await page.route(/\/proof$/, (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.reload();
    t.match(await result(), 'unavailable');
    await page.close();
  });

  await t.test('what is looked for is found while it is written', async (t) => {
    const page = await browser!.newPage();
    await page.goto(`${api.url}${MEASUREMENT}`);
    const all = await page.locator('.raw > *').count();
    await page.fill('#find', 'TCP_conn');
    t.equal(await page.locator('.raw > *:visible').count(), 1);
    t.ok(await page.locator('.raw pre:visible').isVisible(), 'and open');
    await page.fill('#find', 'nothing like that');
    t.equal(await page.textContent('.find output'), 'Not found.');
    await page.fill('#find', '');
    t.equal(await page.locator('.raw > *:visible').count(), all);
    await page.close();
  });

  await t.test('by keys alone, from the first page to a chart and its numbers', async (t) => {
    const page = await browser!.newPage();
    /** Goes on with Tab until what has the focus says this. */
    const tabTo = async (text: string) => {
      for (let steps = 0; steps < 120; steps++) {
        await page.keyboard.press('Tab');
        const [found, visible] = await page.evaluate(() => {
          const focused = document.activeElement as HTMLElement | null;
          const { outlineStyle, outlineWidth } = getComputedStyle(focused ?? document.body);
          const label = focused?.id ? document.querySelector(`label[for="${focused.id}"]`) : null;
          return [
            (label ?? focused)?.textContent ?? '',
            outlineStyle !== 'none' && outlineWidth !== '0px',
          ] as const;
        });
        if (!found.startsWith(text)) continue;
        t.ok(visible, `the focus on ${text} is seen`);
        return;
      }
      t.fail(`no way to ${text} by keys`);
    };
    await page.goto(api.url);
    await tabTo('Charts');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/ui\/chart/);
    await tabTo('A row for each');
    await page.keyboard.type('Test');
    await tabTo('From');
    await page.keyboard.type('08012026');
    await page.keyboard.press('Enter');
    await page.waitForURL(/axis_y=test_name.*since=2026-08-01/);
    await tabTo('As a table');
    await page.keyboard.press('Enter');
    t.ok(await page.locator('table.counts').isVisible());
    await tabTo('As CSV');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.keyboard.press('Enter'),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    t.match(csv, /^\w+(?:,\w+)+\r?\n/, 'rows of the API');
    await page.close();
  });

  await t.test('on paper', async (t) => {
    const page = await browser!.newPage();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.goto(api.url + MEASUREMENT);
    for (const gone of ['.top nav', '.bottom nav', '.find', '.check'])
      t.equal(await page.locator(gone).isVisible(), false, gone);
    for (const there of ['h1', '.verdict-box', '.facts >> nth=0', '.timeline'])
      t.ok(await page.locator(there).isVisible(), there);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    t.equal(paper, 'rgb(252, 252, 250)', 'light, whatever the screen is');
    await page.close();
  });

  await t.test('without JavaScript', async (t) => {
    const context = await browser!.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${api.url}/ui/search`);
    await page.fill('#probe_cc', 'it');
    await page.click('button[type=submit]');
    t.match(page.url(), /probe_cc=it/);
    t.equal(await page.locator('.measurements tbody tr').count(), 40);
    await page.goto(`${api.url}/ui/measurement/${uid}`);
    t.equal(await page.locator('.check').isVisible(), false, 'no button that does nothing');
    await page.click('.raw summary >> nth=0');
    t.ok(await page.locator('.raw pre >> nth=0').isVisible(), 'folding is the browser’s own');
    t.equal(await page.locator('.timeline tbody tr').count(), 4);
    await page.fill('#find', 'tcp_connect');
    await page.press('#find', 'Enter');
    t.equal(await page.locator('.raw mark').count(), 1);
    t.equal(await page.locator('.raw details[open]').count(), 1);
    await context.close();
  });
});
