/**
 * OONI Explorer's pages: `make bench`, or `node --import=tsx bench/explorer.ts [rows]` after `make build`; 5 million
 * rows of twelve years by default, fewer at their beginning. The real ooni-api and engine.
 *
 * Of each page the time until it has all its data, its calls at once as a browser makes them, none from a
 * cache; and what the api adds to the same queries straight over HTTP, calls one after the other, medians.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEndpoint } from '../src/core/endpoints/endpoint.ts';
import { readQuery } from '../src/core/endpoints/endpoint.ts';
import { ENDPOINTS } from '../src/core/endpoints/registry.ts';
import type { Query } from '../src/core/sql/query.ts';
import { countDays } from '../src/edge/clickhouse/dayCounters.ts';
import { migrate } from '../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../test/support/clickhouse.ts';
import { madeUpListSql, madeUpNetworksSql, madeUpRowsSql } from './search-data.ts';
import { startApiProcess } from './support/apiProcess.ts';
import { openBenchClient } from './support/benchClient.ts';
import { median } from './support/median.ts';
import { reportRow } from './support/report.ts';
import type { BenchRow } from './support/table.ts';

const ROWS = Number(process.argv[2] ?? 5_000_000);
const STEP = 1_000_000;
const PAGE_ROUNDS = 3;
const CALL_ROUNDS = 15;
const DAY_MS = 86_400_000;
const YEARS_DAYS = 12 * 365;

const nowMs = Date.now();
const day = (daysAgo: number) => new Date(nowMs - daysAgo * DAY_MS).toISOString().slice(0, 10);
const MONTH = `since=${day(30)}&until=${day(-1)}`;
const YEAR = `since=${day(0).slice(0, 4)}-01-01&until=${day(-1)}`;
const AGGREGATION = '/api/v1/aggregation';
const BY_DAY = 'axis_x=measurement_start_day&time_grain=day';
const recent = (filter: string) =>
  `/api/v1/measurements?limit=5&failure=false&order=desc&${filter}`;
const apps = (filter: string) => [
  `${AGGREGATION}?axis_y=test_name&${BY_DAY}&test_name=signal,telegram,whatsapp,facebook_messenger&${MONTH}&${filter}`,
  `${AGGREGATION}?axis_y=test_name&${BY_DAY}&test_name=psiphon,tor,torsf&${MONTH}&${filter}`,
];
const websites = (filter: string) =>
  `${AGGREGATION}?${BY_DAY}&axis_y=domain&test_name=web_connectivity&${MONTH}&${filter}`;

/** The calls of a page, as section 2.1 of the callers' contract has them. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  '/': ['/api/_/global_overview', '/api/_/global_overview_by_month'],
  '/countries': ['/api/_/countries'],
  '/country/AA': [
    '/api/_/country_overview?probe_cc=AA',
    `${AGGREGATION}?probe_cc=AA&axis_x=measurement_start_day&${YEAR}`,
    websites('probe_cc=AA'),
    `${AGGREGATION}?axis_x=category_code&test_name=web_connectivity&probe_cc=AA&${MONTH}`,
    ...apps('probe_cc=AA'),
    recent('probe_cc=AA'),
  ],
  '/as/AS1001': [
    `${AGGREGATION}?probe_asn=AS1001&axis_x=probe_cc`,
    '/api/_/asnmeta?asn=1001',
    `${AGGREGATION}?probe_asn=AS1001&axis_x=measurement_start_day&since=${day(YEARS_DAYS)}&until=${day(-1)}`,
    websites('probe_asn=AS1001'),
    ...apps('probe_asn=AS1001'),
    recent('probe_asn=AS1001'),
  ],
  '/networks': ['/api/_/networks'],
  '/domains': ['/api/_/domains'],
  '/domain/www.site7.example.org': [
    '/api/_/domain_metadata?domain=www.site7.example.org',
    `${AGGREGATION}?${BY_DAY}&axis_y=probe_cc&test_name=web_connectivity&domain=www.site7.example.org&${MONTH}`,
    recent('domain=www.site7.example.org'),
  ],
  '/search': [`/api/v1/measurements?${MONTH}&failure=false&limit=50&order=desc`],
  '/search by domain': [
    `/api/v1/measurements?${MONTH}&domain=www.site77.example.org&limit=50&order=desc`,
  ],
  '/chart/mat': [
    `${AGGREGATION}?${BY_DAY}&axis_y=probe_cc&test_name=web_connectivity&${MONTH}`,
    `${AGGREGATION}?axis_x=blocking_type&test_name=web_connectivity&${MONTH}`,
  ],
  'twelve years of a network by day': [
    `${AGGREGATION}?probe_asn=AS1001&axis_x=measurement_start_day&since=${day(YEARS_DAYS)}&until=${day(-1)}`,
  ],
};

const server = await startClickHouse();
const open = (database: string) => openBenchClient(server.url, database);
const client = open('ooni');
const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
try {
  await fill();
  const api = await startApiProcess({
    folder,
    workers: 2,
    tables: `[clickhouse]\nurl = "${server.url}"\n`,
  });
  try {
    const url = `http://127.0.0.1:${api.port}`;
    console.log(`${ROWS} rows; until a page has all its data: the least of ${PAGE_ROUNDS}`);
    for (const [name, calls] of Object.entries(PAGES)) {
      let leastMs = Number.POSITIVE_INFINITY;
      let each: number[] = [];
      for (let round = 0; round < PAGE_ROUNDS; round++) {
        const { wallMs, callsMs } = await page(url, calls);
        if (wallMs < leastMs) each = callsMs;
        leastMs = Math.min(leastMs, wallMs);
      }
      reportRow({
        name: `page ${name}`,
        value: leastMs,
        unit: 'ms',
        better: 'less',
        ...(await queriesAlone(url, calls)),
      });
      console.log(
        `${name.padEnd(34)}${leastMs.toFixed(0).padStart(6)} ms (${each.map((ms) => ms.toFixed(0)).join(', ')})`,
      );
    }
    console.log(`medians of ${CALL_ROUNDS}: the api | the same queries over HTTP | added`);
    for (const call of [...new Set(Object.values(PAGES).flat())]) await compare(url, call);
  } finally {
    await api.stop();
  }
} finally {
  await client.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  const admin = open('default');
  await migrate(admin, 'ooni');
  await admin.close();
  const startMs = performance.now();
  const time = { endS: Math.floor(nowMs / 1000), days: YEARS_DAYS, growing: true };
  for (let from = 0; from < ROWS; from += STEP)
    await client.command({ query: madeUpRowsSql(from, Math.min(STEP, ROWS - from), ROWS, time) });
  await client.command({ query: madeUpListSql() });
  await client.command({ query: madeUpNetworksSql() });
  const filledMs = performance.now();
  while ((await countDays(client, Date.now, 3_600_000)) > 0);
  const seconds = (ms: number) => (ms / 1000).toFixed(0);
  console.log(
    `filled in ${seconds(filledMs - startMs)} s, counted in ${seconds(performance.now() - filledMs)} s`,
  );
}

async function get(url: string): Promise<void> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function page(url: string, calls: readonly string[]) {
  let callsMs: number[] = [];
  const wallMs = await timed(async () => {
    callsMs = await Promise.all(calls.map((call) => timed(() => get(url + call))));
  });
  return { wallMs, callsMs };
}

/** A call by the api, and its queries without it. */
async function compare(url: string, call: string): Promise<void> {
  const { pathname, searchParams } = new URL(call, url);
  const endpoint = ENDPOINTS.find(({ path }) => path === pathname);
  // A search is several queries that depend on each other: it has a bench of its own.
  if (endpoint === undefined) return;
  const api: number[] = [];
  const direct: number[] = [];
  // In turns: whatever else the machine does meets both.
  for (let round = 0; round < CALL_ROUNDS; round++) {
    api.push(await timed(() => get(url + call)));
    direct.push(await timed(() => straight(endpoint, searchParams)));
  }
  const [apiMs, straightMs] = [median(api), median(direct)];
  reportRow({
    name: `api ${call.replace(/&?(since|until)=[^&]*/g, '')}`,
    value: apiMs,
    unit: 'ms',
    better: 'less',
    limit: straightMs,
    limitName: 'its queries over HTTP',
  });
  const added = (apiMs - straightMs).toFixed(1).padStart(6);
  console.log(
    `${apiMs.toFixed(1).padStart(8)} |${straightMs.toFixed(1).padStart(8)} |${added} ms  ${call.slice(0, 120)}`,
  );
}

/** The limit of a page: the least time of its calls' queries at once. Searches are not among them (below). */
async function queriesAlone(
  url: string,
  calls: readonly string[],
): Promise<Pick<BenchRow, 'limit' | 'limitName'>> {
  const asked = calls.flatMap((call) => {
    const { pathname, searchParams } = new URL(call, url);
    const endpoint = ENDPOINTS.find(({ path }) => path === pathname);
    return endpoint === undefined ? [] : [{ endpoint, searchParams }];
  });
  if (asked.length === 0) return {};
  let limit = Number.POSITIVE_INFINITY;
  for (let round = 0; round < PAGE_ROUNDS; round++) {
    const ms = await timed(() =>
      Promise.all(asked.map(({ endpoint, searchParams }) => straight(endpoint, searchParams))),
    );
    limit = Math.min(limit, ms);
  }
  return { limit, limitName: 'its queries over HTTP' };
}

async function straight(endpoint: AnyEndpoint, query: URLSearchParams): Promise<void> {
  const check = readQuery(endpoint, query, nowMs);
  if (check.kind !== 'ok') throw new Error(JSON.stringify(check));
  const plan: Query | undefined = endpoint.plan?.(check.asked);
  const planned = plan && (await askStraight(plan));
  const queries: Record<string, Query | undefined> = endpoint.queries(check.asked, nowMs, planned);
  await Promise.all(Object.values(queries).map((each) => each && askStraight(each)));
}

/** As ClickHouse's interface takes it: values beside the query. */
async function askStraight({ sql, values }: Query): Promise<object[]> {
  const settings = new URLSearchParams({
    database: 'ooni',
    user: 'default',
    wait_end_of_query: '1',
    // As the api's connection has it.
    optimize_use_projections: '0',
  });
  for (const [name, value] of Object.entries(values)) {
    const list = (items: readonly unknown[]) =>
      `[${items.map((item) => (typeof item === 'number' ? item : `'${item}'`)).join(',')}]`;
    settings.set(`param_${name}`, Array.isArray(value) ? list(value) : String(value));
  }
  const answer = await fetch(`${server.url}/?${settings}`, {
    method: 'POST',
    body: `${sql}\nFORMAT JSONEachRow`,
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text.slice(0, 300));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object);
}
