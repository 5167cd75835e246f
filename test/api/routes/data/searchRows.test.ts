/** Results by verdict, of more rows and versions than are looked at at once. On the real engine: test/api/searchPages.test.ts. */
import t from 'tap';
import type { Database } from '../../../../src/api/database.ts';
import { makeSearches, type Searches } from '../../../../src/api/routes/data/searchRows.ts';
import { readMeasurementSearch } from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import type { SearchRow } from '../../../../src/core/endpoints/measurements/searchSql.ts';
import type { Query } from '../../../../src/core/sql/query.ts';
import { randomChoices } from '../../../support/random.ts';

const MAX_VALUE_BYTES = 131_072;

/** Seconds since 1970 of the first row. */
const FIRST_S = Date.parse('2024-01-05T10:15:03Z') / 1000;
const ROWS_OF_SECOND = 5;

/** Rows of one report, by time and uid: what of the SQL matters for them. `open`: answers that are being read. */
function databaseOf(rows: readonly SearchRow[]) {
  const seen = { queries: 0, open: 0, readRows: 8_192 };
  const secondOf = (row: SearchRow) => Date.parse(row.measurement_start_time) / 1000;
  const isFrom = (row: SearchRow, { sql, values }: Query) => {
    const { since, until } = values as { since?: number; until?: number };
    if (since !== undefined && !(secondOf(row) > since)) return false;
    if (until !== undefined && !(secondOf(row) <= until)) return false;
    const startS = values.start_s as number | undefined;
    if (startS === undefined) return true;
    const second = secondOf(row);
    const isDescending = sql.includes('measurement_start_time DESC');
    const side = isDescending ? '<' : '>';
    if (second !== startS) return second > startS !== isDescending;
    if (!sql.includes(`measurement_start_time ${side}= toDateTime({start_s`)) return false;
    const uidBefore = values.start_uid as string | undefined;
    if (uidBefore === undefined) return true;
    if (row.measurement_uid === uidBefore) return sql.includes(`${side}= (toDateTime`);
    return row.measurement_uid > uidBefore !== isDescending;
  };
  const isWanted = (row: SearchRow, { values }: Query) =>
    values.anomaly === undefined || row.anomaly === values.anomaly;
  const lastVersions = (some: readonly SearchRow[]) => {
    const last = new Map<string, SearchRow>();
    for (const row of some)
      if (row.updated_ms >= (last.get(row.measurement_uid)?.updated_ms ?? 0))
        last.set(row.measurement_uid, row);
    return [...last.values()];
  };
  const ask = (query: Query): SearchRow[] => {
    seen.queries++;
    if (seen.open > 0)
      throw new Error('asked while another answer is read: both may wait for ever');
    const { times, rows: limit } = query.values;
    const inOrder = query.sql.includes('measurement_start_time DESC') ? [...rows].reverse() : rows;
    const from = inOrder.filter((row) => isFrom(row, query));
    if (!query.sql.includes('LIMIT 1 BY'))
      return from.filter((row) => isWanted(row, query)).slice(0, limit as number);
    if (times === undefined)
      return lastVersions(from)
        .filter((row) => isWanted(row, query))
        .slice(0, limit as number);
    if (JSON.stringify(times).length > MAX_VALUE_BYTES) throw new Error('too long for a value');
    const seconds = new Set(times as readonly number[]);
    const found = from.filter((row) => seconds.has(secondOf(row)));
    return lastVersions(found)
      .filter((row) => isWanted(row, query))
      .slice(0, limit as number);
  };
  const database = {
    async *batches(query: Query) {
      const found = ask(query);
      seen.open++;
      for (let at = 0; at < found.length; at += 100) yield found.slice(at, at + 100);
      seen.open--;
    },
    ask: async (query: Query) => ({
      rows: ask(query).map((row) => ({ start_s: secondOf(row) })),
      statistics: { readRows: seen.readRows },
    }),
  };
  return { database: database as unknown as Database, seen };
}

const uid = (serial: number) =>
  `20240105101503.${String(serial).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`;
const row = (
  serial: number,
  anomaly: string,
  updated_ms: number,
  startS = FIRST_S + Math.floor(serial / ROWS_OF_SECOND),
) =>
  ({
    measurement_uid: uid(serial),
    report_id: 'r',
    input: '',
    measurement_start_time: new Date(startS * 1000).toISOString(),
    anomaly,
    updated_ms,
  }) as SearchRow;

const nowMs = () => Date.parse('2024-03-01T00:00:00Z');

async function uidsBy(searches: Searches, query: string): Promise<string[]> {
  const check = readMeasurementSearch(
    new URLSearchParams(`since=2024-01-01&until=2024-02-01&${query}`),
    nowMs(),
  );
  if (check.kind !== 'ok') throw new Error(query);
  const found: string[] = [];
  for await (const rows of searches.rows(check.search, new AbortController().signal))
    found.push(...rows.map((each) => each.measurement_uid));
  return found;
}

/** Of a search that nothing is known of. */
const uidsOf = (database: Database, query: string): Promise<string[]> =>
  uidsBy(makeSearches({ database, nowMs }), `order=asc&${query}`);

t.test('a former version is no result, on whatever page', async (t) => {
  // Every third was found to be none, every seventh found to be one after all, the other version first or last.
  const rows = Array.from({ length: 3_500 }, (_, serial) => {
    if (serial % 3 === 0) return [row(serial, 't', 1), row(serial, 'f', 2)];
    if (serial % 7 === 0) return [row(serial, 't', 2), row(serial, 'f', 1)];
    return [row(serial, 't', 1)];
  }).flat();
  const { database } = databaseOf(rows);
  const all = Array.from({ length: 3_500 }, (_, serial) => serial)
    .filter((serial) => serial % 3 !== 0)
    .map(uid);
  t.strictSame(await uidsOf(database, 'anomaly=true&limit=10000'), all);
  t.strictSame(await uidsOf(database, 'anomaly=true&limit=1200'), all.slice(0, 1_200));
  t.strictSame(await uidsOf(database, 'anomaly=true&limit=9&offset=190'), all.slice(190, 199));
  t.strictSame(await uidsOf(database, 'anomaly=true&limit=0'), []);
});

t.test('where most match, one query is a page', async (t) => {
  // One in five does not, and some of them did before or do again.
  const rows = Array.from({ length: 3_000 }, (_, serial) => {
    if (serial % 5 !== 0) return [row(serial, 'f', 1)];
    if (serial % 10 === 0) return [row(serial, 't', 1)];
    return serial % 3 === 0
      ? [row(serial, 'f', 1), row(serial, 't', 2)]
      : [row(serial, 'f', 2), row(serial, 't', 1)];
  }).flat();
  const all = Array.from({ length: 3_000 }, (_, serial) => serial)
    .filter((serial) => serial % 5 !== 0 || (serial % 10 !== 0 && serial % 3 !== 0))
    .map(uid);
  const { database, seen } = databaseOf(rows);
  t.strictSame(await uidsOf(database, 'anomaly=false&limit=100'), all.slice(0, 100));
  t.equal(seen.queries, 1);
  t.strictSame(await uidsOf(database, 'anomaly=false&limit=9&offset=190'), all.slice(190, 199));
  t.equal(seen.queries, 2);
  t.strictSame(await uidsOf(database, 'anomaly=false&limit=2300'), all.slice(0, 2_300));
  t.equal(seen.queries, 3, 'the spare rows of a large page have a bound, and this one fits it');
  t.strictSame(await uidsOf(database, 'anomaly=false&limit=100000'), all);
});

t.test('where hardly any match after all, the database picks them', async (t) => {
  const rows = Array.from({ length: 3_000 }, (_, serial) =>
    serial % 300 === 7
      ? [row(serial, 'f', 1)]
      : serial % 300 === 8
        ? [row(serial, 'f', 1), row(serial, 't', 2)]
        : [row(serial, 't', 1)],
  ).flat();
  const { database, seen } = databaseOf(rows);
  const wanted = Array.from({ length: 10 }, (_, at) => uid(at * 300 + 7));
  t.strictSame(await uidsOf(database, 'anomaly=false&limit=100'), wanted);
  t.ok(seen.queries <= 3, `${seen.queries} queries`);
});

t.test('measurements that were scored again without end', async (t) => {
  const versions = (serial: number, count: number) =>
    Array.from({ length: count }, (_, at) => row(serial, at % 2 === 0 ? 't' : 'f', at));
  const { database, seen } = databaseOf([
    ...versions(1, 5_000),
    ...versions(2, 5_001),
    ...Array.from({ length: 300 }, (_, at) => versions(3 + at, 41)).flat(),
  ]);
  const wanted = Array.from({ length: 301 }, (_, at) => uid(2 + at));
  t.strictSame(await uidsOf(database, 'anomaly=true&limit=400'), wanted);
  t.ok(seen.queries < 40, `${seen.queries} queries`);
});

t.test('more seconds than one query names, and more measurements of one second', async (t) => {
  // Every other one matched before, and does not any more.
  const versions = (serial: number, startS: number) =>
    serial % 2 === 0
      ? [row(serial, 't', 1, startS)]
      : [row(serial, 't', 1, startS), row(serial, 'f', 2, startS)];
  const count = 12_000;
  const serials = Array.from({ length: count }, (_, serial) => serial);
  const wanted = serials.filter((serial) => serial % 2 === 0).map(uid);
  for (const [name, startOf] of [
    ['each a second', (serial: number) => FIRST_S + serial],
    ['one second', () => FIRST_S],
    ['one second and then others', (serial: number) => FIRST_S + Math.max(0, serial - 6_000)],
  ] as const) {
    const { database, seen } = databaseOf(
      serials.flatMap((serial) => versions(serial, startOf(serial))),
    );
    t.strictSame(await uidsOf(database, 'anomaly=true&limit=100000'), wanted, name);
    t.ok(seen.queries <= 8, `${name}: ${seen.queries} queries`);
    const page = await uidsOf(database, 'anomaly=true&limit=50&offset=150');
    t.strictSame(page, wanted.slice(150, 200), `a page of ${name}`);
  }
});

t.test(
  'a search that was asked before is looked for nearby, and has the same results',
  async (t) => {
    const { below, pick } = randomChoices(Number(process.env.SEED ?? 20260712));
    const beginS = Date.parse('2024-01-01T00:00:00Z') / 1000;
    const rows: SearchRow[] = [];
    // Many a second and then few, so that what was learned is too little as often as too much.
    let startS = beginS;
    for (let serial = 0; serial < 3_000; serial++) {
      startS += serial % 100 < 50 ? Math.floor(below(6) / 5) : below(5);
      rows.push(row(serial, pick(['t', 'f', 'f', 'f']), 1, startS));
      if (below(6) === 0) rows.push(row(serial, pick(['t', 'f']), 2, startS));
    }
    const { database, seen } = databaseOf(rows);
    const searches = makeSearches({ database, nowMs });
    const time = (part: number) =>
      new Date((beginS + Math.floor((startS - beginS) * part)) * 1000).toISOString().slice(0, 19);
    for (let turn = 0; turn < 250; turn++) {
      const from = below(8) / 10;
      seen.readRows = pick([100, 8_192, 1_000_000]);
      const query = [
        `order=${pick(['asc', 'desc'])}`,
        pick(['', 'anomaly=true', 'anomaly=false', 'anomaly=true&probe_cc=IT']),
        `limit=${pick([1, 10, 100, 1_000])}&offset=${pick([0, 0, 7])}`,
        `since=${time(from)}&until=${time(from + (1 + below(3)) / 10)}`,
      ].join('&');
      const wanted = await uidsBy(makeSearches({ database, nowMs }), query);
      t.strictSame(await uidsBy(searches, query), wanted, query);
    }
  },
);

t.test('a page by verdict is one query where little is read for it', async (t) => {
  const rows = Array.from({ length: 3_000 }, (_, serial) => [
    row(serial, serial % 3 === 0 ? 't' : 'f', 1),
    ...(serial % 50 === 0 ? [row(serial, 'f', 2)] : []),
  ]).flat();
  const wanted = Array.from({ length: 3_000 }, (_, serial) => serial)
    .filter((serial) => serial % 3 === 0 && serial % 50 !== 0)
    .map(uid)
    .reverse();
  for (const [readRows, queries] of [
    [8_192, 1],
    [1_000_000, 2],
  ] as const) {
    const { database, seen } = databaseOf(rows);
    seen.readRows = readRows;
    const searches = makeSearches({ database, nowMs });
    // A second after the last row: there its pace is measured from.
    const until = new Date((FIRST_S + 601) * 1000).toISOString().slice(0, 19);
    const page = (limit: number) => uidsBy(searches, `anomaly=true&until=${until}&limit=${limit}`);
    t.strictSame(await page(100), wanted.slice(0, 100));
    t.equal(seen.queries, 2, 'the first time: the times first');
    t.strictSame(await page(100), wanted.slice(0, 100));
    t.equal(seen.queries, 2 + queries);
    t.strictSame(await page(10_000), wanted, 'and what is not nearby is found too');
  }
});
