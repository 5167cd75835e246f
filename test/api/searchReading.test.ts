/**
 * How far the engine reads where a page's rows lie in several parts: a few granules of each beyond the page, whatever
 * the number of its threads. By its defaults it reads ahead of what the merge of the parts takes.
 *
 * Covers src/core/endpoints/measurements/searchSql.ts.
 */
import t from 'tap';
import { readMeasurementSearch } from '../../src/core/endpoints/measurements/measurementSearch.ts';
import { searchQuery, seekQuery } from '../../src/core/endpoints/measurements/searchSql.ts';
import type { Query } from '../../src/core/sql/query.ts';
import { connectTo } from '../support/clickhouseClient.ts';
import { startDatabase } from './support.ts';

const PARTS = 4;
const ROWS_OF_PART = 100_000;
const ROWS_OF_GRANULE = 8_192;
const PAGE = 20_000;
/** Beyond the page: of each part the granules where its range begins and ends, and those begun meanwhile. */
const MAX_READ = PAGE + PARTS * 4 * ROWS_OF_GRANULE;

const url = await startDatabase(t);
const admin = connectTo(t, url, 'ooni', { username: 'default' });

async function rowsRead({ sql, values }: Query): Promise<number> {
  const answer = await admin.query({
    query: sql,
    query_params: values,
    format: 'TabSeparated',
    clickhouse_settings: { wait_end_of_query: 1 },
  });
  await answer.text();
  const summary = JSON.parse(String(answer.response_headers['x-clickhouse-summary']));
  return Number((summary as { read_rows: string }).read_rows);
}

t.test('a search reads as far as its page, and a large offset as far as that', async (t) => {
  await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
  await admin.command({
    query: 'ALTER TABLE fastpath MODIFY SETTING materialize_projections_on_insert = 0',
  });
  for (let part = 0; part < PARTS; part++)
    await admin.command({
      query: `INSERT INTO fastpath (measurement_uid, probe_cc, probe_asn, test_name, measurement_start_time)
        SELECT toString(number * ${PARTS} + ${part}), 'IT', 1, 'ndt',
          toDateTime('2024-01-05 00:00:00', 'UTC') + intDiv(number, 5)
        FROM numbers(${ROWS_OF_PART}) SETTINGS max_insert_threads = 1`,
    });
  const check = readMeasurementSearch(
    new URLSearchParams('since=2024-01-01&until=2024-02-01&probe_cc=IT'),
    0,
  );
  if (check.kind !== 'ok') return t.fail(check.kind);
  const queries = {
    page: searchQuery(check.search, undefined, PAGE),
    seek: seekQuery(check.search, undefined, PAGE),
  };
  for (const [name, query] of Object.entries(queries))
    for (const threads of [1, 2, 16]) {
      const read = await rowsRead({ ...query, sql: `${query.sql}, max_threads = ${threads}` });
      t.ok(read >= PAGE && read <= MAX_READ, `${name}, ${threads} threads: ${read} rows`);
    }
});
