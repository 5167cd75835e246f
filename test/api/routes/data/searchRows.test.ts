/** Results by verdict, of more rows and versions than are looked at at once. On the real engine: test/api/searchPages.test.ts. */
import t from 'tap';
import type { Database } from '../../../../src/api/database.ts';
import { searchRows } from '../../../../src/api/routes/data/searchRows.ts';
import { readMeasurementSearch } from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import type { SearchRow } from '../../../../src/core/endpoints/measurements/searchSql.ts';
import type { Query } from '../../../../src/core/sql/query.ts';

const MAX_VALUE_BYTES = 131_072;

/** Rows of one report, by uid: what of the SQL matters for them. `open`: answers that are being read. */
function databaseOf(rows: readonly SearchRow[]) {
  const seen = { queries: 0, open: 0 };
  const matches = ({ sql, values }: Query) =>
    rows.filter((row) => {
      if (values.anomaly !== undefined && !sql.includes('NOT (') && row.anomaly !== values.anomaly)
        return false;
      const from = values.start_uid as string | undefined;
      if (from === undefined) return true;
      return sql.includes('>= (') ? row.measurement_uid >= from : row.measurement_uid > from;
    });
  const database = {
    async *batches(query: Query) {
      seen.queries++;
      seen.open++;
      const found = matches(query).slice(0, query.values.rows as number);
      for (let at = 0; at < found.length; at += 100) yield found.slice(at, at + 100);
      seen.open--;
    },
    async rows(query: Query) {
      seen.queries++;
      if (seen.open > 0)
        throw new Error('asked while another answer is read: both may wait for ever');
      const uids = query.values.uids as readonly string[];
      if (JSON.stringify(uids).length > MAX_VALUE_BYTES) throw new Error('too long for a value');
      const wanted = new Set(uids);
      return rows.filter(
        (row) => wanted.has(row.measurement_uid) && row.anomaly !== query.values.anomaly,
      );
    },
  };
  return { database: database as unknown as Database, seen };
}

const uid = (serial: number) =>
  `20240105101503.${String(serial).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`;
const row = (serial: number, anomaly: string, updated_ms: number) =>
  ({
    measurement_uid: uid(serial),
    report_id: 'r',
    input: '',
    measurement_start_time: '2024-01-05T10:15:03Z',
    anomaly,
    updated_ms,
  }) as SearchRow;

async function uidsOf(database: Database, query: string): Promise<string[]> {
  const check = readMeasurementSearch(
    new URLSearchParams(`since=2024-01-01&until=2024-02-01&order=asc&${query}`),
    0,
  );
  if (check.kind !== 'ok') throw new Error(query);
  const found: string[] = [];
  for await (const rows of searchRows(database, check.search, new AbortController().signal))
    found.push(...rows.map((each) => each.measurement_uid));
  return found;
}

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
