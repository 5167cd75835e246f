/**
 * GET /api/v1/measurements against the real engine (protocol, data 4.1, 8.1, 8.2).
 *
 * Covers src/api/routes/data/searchRoute.ts.
 */
import t from 'tap';
import {
  type ClickHouseClient,
  openClickHouse,
} from '../../src/edge/clickhouse/clickhouseClient.ts';
import { ask, startDatabase, startService } from './support.ts';

const clickhouseUrl = await startDatabase(t);
// One test reads endless rows, and is to be stopped by time.
const api = await startService(t, { clickhouseUrl, config: { query_max_rows: 0 } });
const { client } = api;
const admin = openClickHouse({
  url: clickhouseUrl,
  database: 'default',
  username: 'default',
  password: '',
  requestTimeoutMs: 30_000,
  application: 'ooni-api-test',
});
t.teardown(() => admin.close());
const SEARCH = `${api.url}/api/v1/measurements`;

interface Row {
  measurement_uid: string;
  report_id: string;
  input: string;
  probe_cc: string;
  probe_asn: number;
  test_name: string;
  measurement_start_time: string;
  [column: string]: unknown;
}

let serial = 0;
/** A row of fastpath; each has a uid of its own. */
function row(change: Partial<Row> = {}): Row {
  const id = String(serial++).padStart(6, '0');
  return {
    measurement_uid: `20240105101503.${id}_IT_webconnectivity_0123456789abcdef`,
    report_id: `20240105T101502Z_webconnectivity_IT_30722_n1_${id.padStart(16, 'r')}`,
    input: `https://site${id}.example.org/`,
    domain: `site${id}.example.org`,
    probe_cc: 'IT',
    probe_asn: 30722,
    test_name: 'web_connectivity',
    test_start_time: '2024-01-05 10:15:00',
    measurement_start_time: '2024-01-05 10:15:03',
    scores: '{"blocking_general":1.0}',
    anomaly: 'f',
    confirmed: 'f',
    msm_failure: 'f',
    ...change,
  };
}

async function insert(to: ClickHouseClient, table: string, rows: readonly object[]): Promise<void> {
  await to.insert({ table, values: rows, format: 'JSONEachRow' });
}

const search = (query: Record<string, string> | string) =>
  ask(`${SEARCH}?${typeof query === 'string' ? query : new URLSearchParams(query)}`);
/** Around the rows above. */
const WINDOW = { since: '2024-01-01', until: '2024-02-01' };
const uids = async (query: Record<string, string>): Promise<string[]> => {
  const answer = await search({ ...WINDOW, ...query });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.json.results.map((result: { measurement_uid: string }) => result.measurement_uid);
};

t.test('filters', async (t) => {
  const inputs = [
    'dot://[2a00:5a60::ad2:0ff]:853',
    'stun://host:3478',
    'obfs4 154.35.22.9:80 C73AD cert=gEWN/bS',
    '8.8.8.8:853',
    'https://пример.example/путь?a=b&c=d#e',
    'it\'s \\ a "quote"\t\n%20+',
  ];
  const rows = {
    plain: row(),
    german: row({ probe_cc: 'DE', probe_asn: 3320 }),
    large: row({ probe_asn: 4294967295, probe_cc: 'US' }),
    zz: row({ probe_cc: 'ZZ' }),
    asn0: row({ probe_asn: 0 }),
    ndt: row({ test_name: 'ndt', input: '', domain: '' }),
    anomaly: row({ anomaly: 't' }),
    confirmed: row({ anomaly: 't', confirmed: 't' }),
    failure: row({ msm_failure: 't' }),
    versions: row({ software_version: '3.9.2', test_version: '0.4.0', engine_version: '3.9.1' }),
    link: row({ ooni_run_link_id: 10034 }),
    verified: row({ is_verified: 't' }),
    ...Object.fromEntries(
      inputs.map((input, index) => [`input${index}`, row({ input, domain: `d${index}.org` })]),
    ),
  };
  await insert(client, 'fastpath', Object.values(rows));
  const name = (uid: string) =>
    Object.entries(rows).find(([, { measurement_uid }]) => measurement_uid === uid)?.[0];
  const found = async (query: Record<string, string>) => (await uids(query)).map(name).sort();
  const all = Object.keys(rows).filter((key) => key !== 'zz' && key !== 'asn0');

  const cases: [Record<string, string>, string[]][] = [
    [{}, all],
    [{ probe_cc: 'DE' }, ['german']],
    [{ probe_cc: 'DE, US,XX' }, ['german', 'large']],
    [{ probe_cc: 'ZZ' }, ['zz']],
    [{ probe_asn: 'AS0' }, ['asn0']],
    [{ probe_asn: '0' }, ['asn0']],
    [{ probe_asn: 'AS3320' }, ['german']],
    [{ probe_asn: '3320,as4294967295' }, ['german', 'large']],
    [{ test_name: 'ndt' }, ['ndt']],
    [{ test_name: 'ndt,dash' }, ['ndt']],
    [{ test_name: 'BOGUS1234' }, []],
    [{ anomaly: 'true' }, ['anomaly', 'confirmed']],
    [{ anomaly: 'true', confirmed: 'false' }, ['anomaly']],
    [{ confirmed: 'true', failure: 'true' }, []],
    [{ failure: 'yes' }, ['failure']],
    [{ verification_status: 'verified' }, ['verified']],
    [{ verification_status: 'unverified' }, all.filter((key) => key !== 'verified')],
    [{ verification_status: 'failed' }, []],
    [{ software_version: '9,3.9.2' }, ['versions']],
    [{ test_version: '0.4.0' }, ['versions']],
    [{ engine_version: '3.9.1' }, ['versions']],
    [{ ooni_run_link_id: '10034' }, ['link']],
    [{ report_id: rows.plain.report_id }, ['plain']],
    [{ report_id: `${rows.plain.report_id}+` }, []],
    [{ report_id: rows.plain.report_id, input: rows.plain.input }, ['plain']],
    [{ report_id: rows.plain.report_id, input: rows.german.input }, []],
    [{ domain: 'd0.org, d1.org ,x.org' }, ['input0', 'input1']],
    [{ input: rows.plain.input, domain: 'd0.org' }, ['plain']],
    ...inputs.map((input, index): [Record<string, string>, string[]] => [
      { input },
      [`input${index}`],
    ]),
  ];
  for (const [query, expected] of cases)
    t.strictSame(await found(query), [...expected].sort(), JSON.stringify(query));

  const combinations = await Promise.all(
    ['t', 'f'].flatMap((anomaly) =>
      ['t', 'f'].flatMap((confirmed) =>
        ['t', 'f'].map(async (failure) => (await found({ anomaly, confirmed, failure })).length),
      ),
    ),
  );
  t.equal(
    combinations.reduce((sum, count) => sum + count),
    all.length,
  );

  const { json } = await search({ ...WINDOW, report_id: rows.verified.report_id });
  t.match(json.results[0], {
    verification_status: 'verified',
    probe_asn: 'AS30722',
    measurement_start_time: '2024-01-05T10:15:03.000000Z',
    scores: { blocking_general: 1 },
  });
  const noInput = await search({ ...WINDOW, test_name: 'ndt' });
  t.equal(noInput.json.results[0].input, null);
});

t.test('categories come from the lists, without multiplying rows', async (t) => {
  const [news, other] = [row({ probe_cc: 'FR' }), row({ probe_cc: 'FR' })];
  await insert(client, 'fastpath', [news, other]);
  await insert(client, 'citizenlab', [
    { domain: 'x', url: news.input, cc: 'ZZ', category_code: 'NEWS' },
    { domain: 'x', url: news.input, cc: 'fr', category_code: 'NEWS' },
    { domain: 'x', url: other.input, cc: 'fr', category_code: 'HUMR' },
  ]);
  t.strictSame(await uids({ category_code: 'NEWS' }), [news.measurement_uid]);
  t.strictSame(await uids({ category_code: 'NEWS', domain: 'elsewhere.org' }), []);
  t.strictSame(
    await uids({ category_code: 'NEWS', input: other.input }),
    [other.measurement_uid],
    'an input makes it ignored',
  );
});

t.test('a measurement that stands twice in the table comes once, as scored last', async (t) => {
  const twice = row({ probe_cc: 'ES', scores: '{"msg":"first"}' });
  await client.command({ query: 'SYSTEM STOP MERGES fastpath' });
  await insert(client, 'fastpath', [twice]);
  await insert(client, 'fastpath', [{ ...twice, scores: '{"msg":"last"}' }]);
  const { json } = await search({ ...WINDOW, probe_cc: 'ES' });
  t.match(json, { metadata: { count: 1 }, results: [{ scores: { msg: 'last' } }] });
  t.equal(json.results.length, 1);
  await client.command({ query: 'SYSTEM START MERGES fastpath' });
});

t.test('bounds: later than since, up to until', async (t) => {
  const at = (time: string) => row({ probe_cc: 'GR', measurement_start_time: time });
  const rows = [at('2024-01-10 00:00:00'), at('2024-01-10 00:00:01'), at('2024-01-11 00:00:00')];
  await insert(client, 'fastpath', rows);
  const within = await uids({ probe_cc: 'GR', since: '2024-01-10', until: '2024-01-11' });
  t.strictSame(within, [rows[2]!.measurement_uid, rows[1]!.measurement_uid]);
  const offset = { since: '2024-01-10T02:00:00+02:00', until: '2024-01-10T00:00:01.9Z' };
  t.strictSame(await uids({ probe_cc: 'GR', ...offset }), [rows[1]!.measurement_uid]);
  t.strictSame(await uids({ probe_cc: 'GR', since: '2024-01-11', until: '2024-01-10' }), []);
});

t.test('the default window is the last 30 days', async (t) => {
  const ago = (days: number) =>
    new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = [0, 28, 31].map((days) =>
    row({ probe_cc: 'PT', measurement_start_time: ago(days) }),
  );
  await insert(client, 'fastpath', rows);
  const { json } = await search({ probe_cc: 'PT' });
  t.equal(json.results.length, 2);
  const old = await search({ report_id: rows[2]!.report_id });
  t.equal(old.json.results.length, 1, 'a report is found whenever it was');
});

t.test('pages do not overlap, and next_url leads through all', async (t) => {
  // All in the same second: only the uid tells them apart.
  await insert(
    client,
    'fastpath',
    Array.from({ length: 300 }, () => row({ probe_cc: 'IE' })),
  );
  const seen = new Set<string>();
  let url = `${SEARCH}?probe_cc=IE&since=2024-01-01&until=2024-02-01&show=x`;
  const pages = [];
  for (;;) {
    const { json } = await ask(url);
    pages.push(json.metadata);
    for (const { measurement_uid } of json.results) seen.add(measurement_uid);
    if (json.metadata.next_url === null) break;
    t.ok(
      json.metadata.next_url.startsWith('https://api.example.org/api/v1/measurements?probe_cc=IE&'),
    );
    url = json.metadata.next_url.replace('https://api.example.org', api.url);
  }
  t.equal(seen.size, 300);
  t.match(pages, [
    { count: -1, pages: -1, offset: 0, current_page: 1 },
    { count: -1, pages: -1, offset: 100, current_page: 2 },
    { count: -1, pages: -1, offset: 200, current_page: 3 },
    { count: 300, pages: 3, offset: 300, current_page: 4, next_url: null },
  ]);
  const down = await uids({ probe_cc: 'IE', limit: '300' });
  const up = await uids({ probe_cc: 'IE', limit: '300', order: 'ASC' });
  t.strictSame(down, [...up].reverse());
  const again = await uids({ probe_cc: 'IE', limit: '7', offset: '150' });
  t.strictSame(again, down.slice(150, 157));
});

t.test('answers', async (t) => {
  const answer = await search(WINDOW);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'max-age=60');
  const behindCache = await ask(`${api.url}/api/v1/measurements?limit=1`, {
    headers: { 'Surrogate-Capability': 'ooni="stale-while-revalidate"' },
  });
  t.equal(
    behindCache.headers.get('cache-control'),
    'max-age=60, stale-while-revalidate=30, stale-if-error=3600',
    'a cache that asks anew by itself is told how old its answer may be',
  );
  t.equal(answer.headers.get('content-type'), 'application/json');
  t.equal(answer.json.results.length, 100);
  t.match((await search('test_name=BOGUS1234')).json, {
    metadata: { count: 0, current_page: 1, limit: 100, next_url: null, offset: 0, pages: 0 },
    results: [],
  });
  const none = await search({ ...WINDOW, limit: '0' });
  t.match(none, { status: 200, json: { results: [], metadata: { limit: 0, pages: 0 } } });
});

t.test('refusals', async (t) => {
  const cases: [string, number, RegExp][] = [
    ['order_by=test_start_time', 422, /order_by/],
    ['limit=1000001', 422, /limit/],
    ['offset=-1', 422, /offset/],
    ['probe_asn=x', 422, /probe_asn/],
    ['ooni_run_link_id=x', 422, /ooni_run_link_id/],
    ['since=2024-1', 422, /since/],
    ['input=ab', 422, /at least 3/],
    ['order=sideways', 400, /Invalid order parameter/],
    ['since=2024-01-01&until=2024-07-20', 400, /time range must not exceed/i],
    ['since=2021-01-01', 400, /time range must not exceed/i],
  ];
  for (const [query, status, text] of cases) {
    const answer = await search(query);
    t.equal(answer.status, status, query);
    t.match(JSON.stringify(answer.json.detail), text, query);
    t.match(answer.json.error, text, query);
    t.equal(answer.headers.get('cache-control'), 'no-cache', query);
  }
});

t.test('old Android apps get one dummy, and no query is made', async (t) => {
  const headers = { 'User-Agent': 'okhttp/3.12' };
  const answer = await ask(`${SEARCH}?report_id=20240105T101502Z_x`, { headers });
  t.match(answer, {
    status: 200,
    json: {
      metadata: { count: 1, pages: 1, limit: 100, next_url: null },
      results: [{ measurement_url: '', measurement_uid: null, scores: null }],
    },
  });
  t.equal(answer.headers.get('cache-control'), null);
  t.equal((await ask(`${SEARCH}?limit=x`, { headers })).status, 422);
});

t.test('HEAD answers as GET, without the body', async (t) => {
  const head = await ask(`${SEARCH}?since=2024-01-01&until=2024-02-01`, { method: 'HEAD' });
  t.equal(head.status, 200);
  t.equal(head.text, '');
  t.equal(head.headers.get('cache-control'), 'max-age=60');
  t.ok(Number(head.headers.get('content-length')) > 10_000);
  t.equal((await ask(`${SEARCH}?limit=x`, { method: 'HEAD' })).status, 422);
});

t.test('a large page is sent as it comes', async (t) => {
  const count = 20_000;
  const scores = JSON.stringify({ pad: 'x'.repeat(1000) });
  await insert(
    client,
    'fastpath',
    Array.from({ length: count }, () => row({ probe_cc: 'PL', scores })),
  );
  const answer = await search({ ...WINDOW, probe_cc: 'PL', limit: '1000000' });
  t.equal(answer.headers.get('content-length'), null);
  t.equal(answer.json.results.length, count);
  t.equal(answer.json.metadata.count, count);
  const head = await ask(`${SEARCH}?probe_cc=PL&since=2024-01-01&until=2024-02-01&limit=1000000`, {
    method: 'HEAD',
  });
  t.equal(head.status, 200);

  // A client that has seen enough: the query must not run on.
  const controller = new AbortController();
  const response = await fetch(
    `${SEARCH}?probe_cc=PL&since=2024-01-01&until=2024-02-01&limit=1000000`,
    {
      signal: controller.signal,
    },
  );
  await response.body!.getReader().read();
  controller.abort();
  await noQueries();
  t.equal((await search('limit=1')).status, 200);
});

/** What the engine runs for the api. Only an administrator sees what others run. */
async function queries(): Promise<unknown[]> {
  const result = await admin.query({
    query:
      "SELECT query FROM system.processes WHERE user = 'ooni' AND query LIKE '%FROM fastpath%'",
    format: 'JSONEachRow',
  });
  return await result.json();
}

/** Resolves when it runs none. */
async function noQueries(): Promise<void> {
  while ((await queries()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

t.test('a slow query is a 504, and one that nobody waits for is cancelled', async (t) => {
  await client.command({ query: 'RENAME TABLE ooni.fastpath TO ooni.fastpath_real' });
  // Work without end, in little memory, and in small blocks: between two the server looks whether its client is there.
  await client.command({
    query: `CREATE VIEW ooni.fastpath AS SELECT real.*, update_time
      FROM numbers(1000000000000) AS n CROSS JOIN ooni.fastpath_real AS real
      WHERE sipHash64(n.number, real.scores) = 0
      SETTINGS max_block_size = 10, min_joined_block_size_rows = 0, min_joined_block_size_bytes = 0`,
  });
  t.teardown(async () => {
    await client.command({ query: 'DROP VIEW IF EXISTS ooni.fastpath' });
    await client.command({ query: 'RENAME TABLE ooni.fastpath_real TO ooni.fastpath' });
  });
  const slow = 'since=2024-01-01&until=2024-02-01&probe_cc=IE&limit=300';
  // Whatever reads the table, by rows, as a count, or as a file.
  const paths = [
    `measurements?${slow}`,
    'aggregation?since=2024-01-01&until=2024-02-01&axis_x=input',
    'export?day=2024-01-05',
  ];
  const brief = await startService(t, {
    clickhouseUrl,
    config: { query_timeout_ms: 100, export_timeout_ms: 1_000, query_max_rows: 0 },
  });
  for (const path of paths) {
    const answer = await ask(`${brief.url}/api/v1/${path}`, {
      headers: { Origin: 'https://explorer.ooni.org' },
    });
    t.equal(answer.status, 504, `${path}: ${answer.text}`);
    t.match(answer.json, {
      detail: /timed out, narrow the time range.*api\/v1\/export.*api\/v1\/files/,
      error: /timed out/,
      message: /timed out/,
    });
    t.equal(answer.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org', path);
    t.equal(answer.headers.get('cache-control'), 'no-cache', path);
    await noQueries();
  }

  for (const path of paths) {
    const controller = new AbortController();
    const given = ask(`${api.url}/api/v1/${path}`, { signal: controller.signal });
    given.catch(() => {});
    while ((await queries()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    await t.rejects(given, { name: 'AbortError' }, path);
    await noQueries();
  }
});

t.test('a database that fails shows nothing of itself', async (t) => {
  await client.command({ query: 'RENAME TABLE ooni.citizenlab TO ooni.citizenlab_away' });
  const answer = await search('category_code=NEWS');
  await client.command({ query: 'RENAME TABLE ooni.citizenlab_away TO ooni.citizenlab' });
  t.equal(answer.status, 500);
  const text = 'Database query error';
  t.strictSame(answer.json, { detail: text, error: text, message: text });

  const alone = await startService(t, {});
  const down = await ask(`${alone.url}/api/v1/measurements`, {
    headers: { Origin: 'https://explorer.ooni.org' },
  });
  t.match(down, { status: 500, json: { error: 'Database query error' } });
  t.equal(down.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org');
  t.notMatch(down.text, /127\.0\.0\.1|ECONNREFUSED/);
  t.match(alone.lines.join(''), 'ECONNREFUSED', 'but the log says why');
});
