/**
 * What a page of a search costs the database: `node --import=tsx bench/search.ts [rows]`, 4 million by
 * default, and one in fifty of them scored again, in a part of its own. Each search as the api makes it, all its
 * queries together, the first time and again, beside the same page by the query that takes versions together in the
 * database (LIMIT 1 BY): processor time of the whole engine, rows and bytes that it read; means of the rounds.
 */
import { readFileSync } from 'node:fs';
import type { Database } from '../src/api/database.ts';
import { makeSearches } from '../src/api/routes/data/searchRows.ts';
import {
  type MeasurementSearch,
  readMeasurementSearch,
} from '../src/core/endpoints/measurements/measurementSearch.ts';
import { cursorText } from '../src/core/endpoints/measurements/searchCursor.ts';
import { searchQuery } from '../src/core/endpoints/measurements/searchSql.ts';
import type { Query } from '../src/core/sql/query.ts';
import { migrate } from '../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../test/support/clickhouse.ts';
import { madeUpRowsSql, scoredAgainSql } from './search-data.ts';
import { openBenchClient } from './support/benchClient.ts';
import { reportRow } from './support/report.ts';

const ROWS = Number(process.argv[2] ?? 4_000_000);
const STEP = 1_000_000;
const ROUNDS = 15;
const MS_PER_TICK = 10;
/** Rows of a page as the api asks for it. */
const PAGE = 119;
const ONE_IN_SCORED_AGAIN = 50;
const MONTH = 'since=2026-06-10&until=2026-07-10';
const MIDDLE = cursorText({
  key: {
    startS: Date.parse('2026-06-25T12:00:00Z') / 1000,
    reportId: '',
    input: '',
    measurementUid: '',
  },
  place: 50_000,
  descending: true,
});
const SEARCHES: readonly (readonly [name: string, query: string])[] = [
  ['no filter', ''],
  ['country and test', 'probe_cc=AA&test_name=web_connectivity'],
  ['rare country and test', 'probe_cc=XB&test_name=telegram'],
  ['most measured domain', 'domain=www.site0.example.org'],
  ['domain', 'domain=www.site77.example.org'],
  ['rare domain', 'domain=www.site2977.example.org'],
  ['network', 'probe_asn=1001'],
  ['rare network', 'probe_asn=1941'],
  ['anomaly', 'anomaly=true'],
  ['no failure', 'failure=false'],
  ['country and test, no failure', 'probe_cc=AA&test_name=web_connectivity&failure=false'],
  ['domain, no failure', 'domain=www.site77.example.org&failure=false'],
  ['domain, anomaly', 'domain=www.site77.example.org&anomaly=true'],
  ['page at 50,000', `cursor=${MIDDLE}`],
  ['page at 50,000 by offset', 'offset=50000'],
];
/** Where the figure of the first time is reported too. */
const FIRST_TIME: readonly string[] = ['no filter', 'country and test', 'anomaly'];

const server = await startClickHouse();
const open = (database: string) => openBenchClient(server.url, database);
const client = open('ooni');

interface Cost {
  readonly cpuMs: number;
  readonly rows: number;
  readonly bytes: number;
}

function searchOf(filter: string): MeasurementSearch {
  const check = readMeasurementSearch(new URLSearchParams(`${MONTH}&${filter}`), Date.now());
  if (check.kind !== 'ok') throw new Error(`${filter}: ${JSON.stringify(check)}`);
  return check.search;
}

function processorMs(): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Rows of an answer, and what was read for it. */
async function answerTo({ sql, values }: Query): Promise<[object[], Omit<Cost, 'cpuMs'>]> {
  const answer = await client.query({
    query: sql,
    query_params: values,
    format: 'JSONEachRow',
    clickhouse_settings: { wait_end_of_query: 1 },
  });
  const rows = await answer.json<object>();
  const summary = JSON.parse(String(answer.response_headers['x-clickhouse-summary'])) as {
    read_rows: string;
    read_bytes: string;
  };
  return [rows, { rows: Number(summary.read_rows), bytes: Number(summary.read_bytes) }];
}

/** Of what `run` asks: it says what was read. */
async function cost(run: () => Promise<Omit<Cost, 'cpuMs'>>): Promise<Cost> {
  let read = await run();
  const beforeMs = processorMs();
  for (let round = 0; round < ROUNDS; round++) read = await run();
  return { cpuMs: (processorMs() - beforeMs) / ROUNDS, ...read };
}

const query = (sql: string, values: Query['values']) => async () =>
  (await answerTo({ sql, values }))[1];

/** What was read for the page that is being made. */
let read = { rows: 0, bytes: 0 };
const rowsOf = async (asked: Query) => {
  const [found, more] = await answerTo(asked);
  read = { rows: read.rows + more.rows, bytes: read.bytes + more.bytes };
  return { rows: found, statistics: { readRows: more.rows } };
};
const makeSearchesOf = () =>
  makeSearches({
    database: {
      ask: rowsOf,
      rows: async (asked: Query) => (await rowsOf(asked)).rows,
      async *batches(asked: Query) {
        yield (await rowsOf(asked)).rows;
      },
    } as unknown as Database,
    nowMs: Date.now,
  });
let searches = makeSearchesOf();

/** A page as the api makes it, of one query or several. */
async function page(search: MeasurementSearch): Promise<Omit<Cost, 'cpuMs'>> {
  read = { rows: 0, bytes: 0 };
  for await (const _batch of searches.rows(search, new AbortController().signal));
  return read;
}

/** The same where nothing is known of any search. */
async function firstPage(search: MeasurementSearch): Promise<Omit<Cost, 'cpuMs'>> {
  searches = makeSearchesOf();
  return page(search);
}

/** No less than what the clock of a process tells apart. */
function leastMs({ cpuMs }: Cost): number {
  return Math.max(cpuMs, MS_PER_TICK / ROUNDS);
}

/** The page as one query: reads all that matches, in the table's own order. */
function together(sql: string): string {
  return sql
    .replace(/\nSETTINGS .*/, '')
    .replace(
      /ORDER BY .*/,
      'ORDER BY measurement_start_time DESC, measurement_uid DESC, update_time DESC',
    )
    .replace('LIMIT {rows:UInt64}', 'LIMIT 1 BY measurement_uid, report_id, input\nLIMIT 100');
}

/** As many rows of the month as a page has, in the order of the table's key, whatever they are. */
const NEXT_ROWS = `SELECT test_start_time, measurement_start_time, report_id, measurement_uid, input, probe_cc,
  probe_asn, test_name, anomaly, confirmed, msm_failure, scores
FROM fastpath
WHERE measurement_start_time >= '2026-06-10 00:00:00' AND measurement_start_time < '2026-07-10 00:00:00'
ORDER BY measurement_start_time DESC LIMIT ${PAGE}`;

const show = ({ cpuMs, rows, bytes }: Cost) =>
  `${cpuMs.toFixed(0).padStart(6)} ms ${(rows / 1000).toFixed(0).padStart(6)}k rows ${(bytes / 1e6).toFixed(1).padStart(6)} MB`;

try {
  const admin = open('default');
  await migrate(admin, 'ooni');
  // Merges would be measured too; and what stands twice comes from parts that are not merged yet.
  await admin.command({ query: 'SYSTEM STOP MERGES ooni.fastpath' });
  await admin.close();
  for (let from = 0; from < ROWS; from += STEP)
    await client.command({ query: madeUpRowsSql(from, Math.min(STEP, ROWS - from), ROWS) });
  await client.command({ query: scoredAgainSql(ONE_IN_SCORED_AGAIN) });
  const any = searchOf('');
  const least = [
    ['SELECT 1', 'SELECT 1'],
    ['the plan of a search, not run', `EXPLAIN ${searchQuery(any, undefined, PAGE).sql}`],
  ] as const;
  for (const [name, sql] of least) {
    const { cpuMs } = await cost(query(sql, searchQuery(any, undefined, PAGE).values));
    console.log(`${name.padEnd(30)}${cpuMs.toFixed(1).padStart(6)} ms`);
  }
  console.log(
    `${ROWS} rows; a month; processor time, read: by key, the first time | again | LIMIT 1 BY | ratio of times`,
  );
  const limit = leastMs(await cost(query(NEXT_ROWS, {})));
  for (const [name, filter] of SEARCHES) {
    const search = searchOf(filter);
    const first = await cost(() => firstPage(search));
    const byKey = await cost(() => page(search));
    const whole = searchQuery({ ...search, cursor: undefined }, undefined, PAGE);
    const offset = search.offset === 0 ? '' : ` OFFSET ${search.offset}`;
    const all = await cost(query(together(whole.sql) + offset, whole.values));
    const report = (suffix: string, value: Cost) =>
      reportRow({
        name: `search, ${name}${suffix}`,
        value: leastMs(value),
        unit: 'ms of the engine',
        better: 'less',
        limit,
        limitName: 'rows as they stand',
      });
    report('', byKey);
    if (FIRST_TIME.includes(name)) report(', the first time', first);
    const ratio = (all.cpuMs / Math.max(byKey.cpuMs, 1)).toFixed(1);
    console.log(`${name.padEnd(30)}${show(first)} |${show(byKey)} |${show(all)} | ${ratio}`);
  }
} finally {
  await client.close();
  await server.stop();
}
