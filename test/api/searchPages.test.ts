/**
 * Pages of a search hold the same rows, however they are come by, as one query over the whole table that
 * takes versions of a measurement together (FINAL): random rows on the real engine, in parts that are not merged.
 *
 * Covers src/api/routes/data/searchRows.ts, src/core/endpoints/measurements/searchSql.ts,
 * src/core/sql/projections.ts, src/core/sql/migrations/0013_row_orders.ts.
 */
import t from 'tap';
import { readMeasurementSearch } from '../../src/core/endpoints/measurements/measurementSearch.ts';
import { searchQuery } from '../../src/core/endpoints/measurements/searchSql.ts';
import { connectTo } from '../support/clickhouseClient.ts';
import { randomChoices } from '../support/random.ts';
import { ask, startDatabase, startService } from './support.ts';

const clickhouseUrl = await startDatabase(t);
const api = await startService(t, { clickhouseUrl });
const admin = connectTo(t, clickhouseUrl, 'ooni', { username: 'default' });

// With this seed the 20th result has a key that fits a cursor: one that does not leaves the place to `offset`.
const { below: random, pick } = randomChoices(Number(process.env.SEED ?? 20260712));

/** What must be escaped in an address, and at times more than one may hold. */
const INPUTS = ['', 'https://a.org/', 'https://b.org/é?x=1&y="\\'];
const LONG_INPUT = `https://c.org/${'c'.repeat(70_000)}`;
const measurement = (serial: number) => ({
  measurement_uid: `20240105101503.${String(serial).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`,
  report_id: `20240105T101502Z_webconnectivity_IT_30722_n1_${random(6)}`,
  input: serial % 50 === 0 ? LONG_INPUT : pick(INPUTS),
  measurement_start_time: `2024-01-0${1 + random(3)} 00:00:0${random(4)}`,
  probe_cc: pick(['IT', 'IT', 'DE']),
  probe_asn: pick([1, 2]),
  test_name: 'web_connectivity',
  domain: ['a.org', 'a.org', 'b.org', ''][serial % 4]!,
});
let version = 0;
const scored = (row: ReturnType<typeof measurement>) => ({
  ...row,
  anomaly: pick(['t', 'f']),
  confirmed: pick(['t', 'f', 'f', 'f']),
  msm_failure: pick(['t', 'f', 'f', 'f']),
  is_verified: pick(['t', 'u', 'f']),
  scores: JSON.stringify({ version: version++ }),
});

const rows = Array.from({ length: 320 }, (_, serial) => measurement(serial));
await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
// Each insert is a part; a pause, so that no two versions are of the same millisecond.
for (let part = 0; part < 6; part++) {
  // Parts from before there were projections: the server reads them beside those that have them.
  const build = part === 1 || part === 4 ? 0 : 1;
  await admin.command({
    query: `ALTER TABLE fastpath MODIFY SETTING materialize_projections_on_insert = ${build}`,
  });
  const some = part === 0 ? rows : rows.filter(() => random(4) === 0);
  await admin.insert({ table: 'fastpath', values: some.map(scored), format: 'JSONEachRow' });
  await new Promise((resolve) => setTimeout(resolve, 3));
}
// A measurement that was scored far more often than a page reads beyond its end.
for (let part = 0; part < 40; part++) {
  await admin.insert({ table: 'fastpath', values: [scored(rows[0]!)], format: 'JSONEachRow' });
}

const KEY = ['measurement_start_time', 'report_id', 'input', 'measurement_uid'];
async function expected(where: string, direction: string): Promise<string[]> {
  const answer = await admin.query({
    query: `SELECT measurement_uid, scores FROM fastpath FINAL WHERE ${where}
      ORDER BY ${KEY.map((column) => `${column} ${direction}`).join(', ')}`,
    format: 'JSONEachRow',
  });
  return (await answer.json<{ measurement_uid: string; scores: string }>()).map(
    ({ measurement_uid, scores }) => `${measurement_uid} ${scores}`,
  );
}

interface Page {
  readonly found: string[];
  readonly next: string | null;
}
async function page(url: string): Promise<Page> {
  const { status, text, json } = await ask(url);
  if (status !== 200) throw new Error(`${status}: ${text.slice(0, 500)}`);
  const results = json.results as { measurement_uid: string; scores: unknown }[];
  const found = results.map(
    ({ measurement_uid, scores }) => `${measurement_uid} ${JSON.stringify(scores)}`,
  );
  const next = json.metadata.next_url as string | null;
  return { found, next: next?.replace('https://api.example.org', api.url) ?? null };
}

const BOTH_WAYS = ['desc', 'asc'];
const FILTERS: [filter: string, where: string, directions: readonly string[]][] = [
  ['', 'true', BOTH_WAYS],
  ['probe_cc=DE', `probe_cc = 'DE'`, ['asc']],
  ['anomaly=true', `anomaly = 't'`, BOTH_WAYS],
  ['probe_asn=1,2&anomaly=false', `anomaly = 'f'`, ['desc']],
  // More than are counted from the first one on.
  ['failure=false', `msm_failure = 'f'`, ['desc']],
  ['confirmed=false&failure=false', `confirmed = 'f' AND msm_failure = 'f'`, BOTH_WAYS],
  ['confirmed=true&failure=false', `confirmed = 't' AND msm_failure = 'f'`, ['asc']],
  ['verification_status=failed&probe_cc=IT', `is_verified = 'f' AND probe_cc = 'IT'`, ['desc']],
  ['until=2024-01-02T00:00:01', `measurement_start_time <= '2024-01-02 00:00:01'`, ['asc']],
  ['confirmed=true', `confirmed = 't'`, BOTH_WAYS],
  [
    'anomaly=true&failure=true&probe_cc=IT',
    `anomaly = 't' AND msm_failure = 't' AND probe_cc = 'IT'`,
    ['desc'],
  ],
  [
    'anomaly=true&until=2024-01-02T00:00:01',
    `anomaly = 't' AND measurement_start_time <= '2024-01-02 00:00:01'`,
    BOTH_WAYS,
  ],
  ['probe_cc=AQ', 'false', ['desc']],
  ['probe_cc=AQ&anomaly=true', 'false', ['desc']],
  // In orders of their own.
  ['domain=a.org', `domain = 'a.org'`, ['desc']],
  ['domain=a.org&confirmed=false', `domain = 'a.org' AND confirmed = 'f'`, ['desc']],
  ['domain=b.org&anomaly=true', `domain = 'b.org' AND anomaly = 't'`, ['asc']],
  ['domain=a.org,b.org&probe_asn=1', `domain IN ('a.org', 'b.org') AND probe_asn = 1`, ['asc']],
  ['probe_asn=2&failure=true', `probe_asn = 2 AND msm_failure = 't'`, ['desc']],
];

t.test('pages by next_url and by offset', async (t) => {
  for (const [filter, where, directions] of FILTERS)
    for (const direction of directions) {
      const wanted = await expected(where, direction);
      const until = filter.includes('until') ? '' : '&until=2024-02-01';
      const first = `${api.url}/api/v1/measurements?since=2023-12-31${until}&order=${direction}&${filter}`;
      const name = `${filter} ${direction}`;
      t.strictSame((await page(`${first}&limit=100000`)).found, wanted, `whole: ${name}`);
      const limit = 30 + random(20);
      const found: string[] = [];
      let pages = 0;
      let url: string | null = `${first}&limit=${limit}`;
      while (url !== null && pages++ < 200) {
        const at: Page = await page(url);
        found.push(...at.found);
        url = at.next;
      }
      t.strictSame(found, wanted, `by next_url, limit ${limit}: ${name}`);
      for (const offset of [1 + random(100), 201 + random(10)]) {
        const at = await page(`${first}&limit=9&offset=${offset}`);
        t.strictSame(at.found, wanted.slice(offset, offset + 9), `offset ${offset}: ${name}`);
      }
    }
});

t.test('one domain or network is read in its own order', async (t) => {
  for (const [query, projection] of [
    ['domain=b.org', 'rows_by_domain'],
    ['probe_asn=3', 'rows_by_network'],
    ['probe_cc=IT', 'ooni.fastpath'],
  ] as const) {
    const check = readMeasurementSearch(
      new URLSearchParams(`since=2023-12-31&until=2024-02-01&${query}`),
      0,
    );
    if (check.kind !== 'ok') throw new Error(query);
    const { sql, values } = searchQuery(check.search, undefined, 100);
    const answer = await admin.query({
      query: `EXPLAIN ${sql}`,
      query_params: values,
      format: 'TabSeparated',
    });
    t.match(await answer.text(), `(${projection})`, query);
  }
});

t.test('a cursor with another offset, or of another client', async (t) => {
  const first = `${api.url}/api/v1/measurements?since=2023-12-31&until=2024-02-01&limit=20`;
  const wanted = await expected('true', 'desc');
  const { next } = await page(first);
  for (const offset of [20, 21, 60, 3, 0, 230]) {
    const url = new URL(next!);
    url.searchParams.set('offset', String(offset));
    t.strictSame((await page(url.href)).found, wanted.slice(offset, offset + 20), `${offset}`);
  }
  const url = new URL(next!);
  url.searchParams.delete('offset');
  t.strictSame((await page(url.href)).found, wanted.slice(20, 40), 'it knows its own');
  url.searchParams.set('order', 'asc');
  t.equal((await ask(url.href)).status, 400);
  url.searchParams.set('cursor', `${url.searchParams.get('cursor')}x`);
  t.equal((await ask(url.href)).status, 400);
});

t.test('looked for nearby: measurements of some hours, in a search of a month', async (t) => {
  const scattered = Array.from({ length: 400 }, (_, serial) => ({
    ...measurement(1_000 + serial),
    input: pick(INPUTS),
    test_name: 'signal',
    measurement_start_time: new Date(Date.parse('2024-01-20T00:00:00Z') + serial * 40_000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' '),
  }));
  for (let part = 0; part < 3; part++) {
    const some = part === 0 ? scattered : scattered.filter(() => random(8) === 0);
    await admin.insert({ table: 'fastpath', values: some.map(scored), format: 'JSONEachRow' });
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  for (const [filter, where] of [
    ['', 'true'],
    ['&anomaly=true', `anomaly = 't'`],
    ['&failure=false', `msm_failure = 'f'`],
    ['&domain=a.org&anomaly=true', `domain = 'a.org' AND anomaly = 't'`],
    ['&probe_asn=2&confirmed=true', `probe_asn = 2 AND confirmed = 't'`],
  ])
    for (const direction of BOTH_WAYS) {
      const range =
        direction === 'asc'
          ? 'since=2024-01-20&until=2024-03-01'
          : 'since=2023-12-01&until=2024-01-20T06:00:00';
      const wanted = await expected(
        `test_name = 'signal' AND measurement_start_time > '2024-01-20 00:00:00' AND ${where}`,
        direction,
      );
      const search = `${api.url}/api/v1/measurements?${range}&order=${direction}&test_name=signal${filter}`;
      for (const turn of ['the first time', 'again']) {
        const found: string[] = [];
        let url: string | null = `${search}&limit=40`;
        while (url !== null && found.length <= wanted.length) {
          const at: Page = await page(url);
          found.push(...at.found);
          url = at.next;
        }
        const from = direction === 'asc' ? '' : ' and what lies before';
        const some = direction === 'asc' ? found : found.slice(0, wanted.length);
        t.strictSame(some, wanted, `${filter} ${direction}${from} ${turn}`);
      }
    }
});
