/** circumvention_stats_by_country and circumvention_runtime_stats (protocol, data 5.2.21). */
import type { Query } from '../../sql/query.ts';
import { DAY_MS, monthsBeforeMs, startOfDayMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

const TESTS = ['torsf', 'tor', 'stunreachability', 'psiphon', 'riseupvpn'];
const MONTHS = 6;

const WHERE = `test_name IN {tests:Array(String)}
  AND measurement_start_time > toDateTime({since:UInt32}, 'UTC')
  AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')`;

/** Six months up to yesterday, both ends left out. */
function values(nowMs: number): Query['values'] {
  const todayMs = startOfDayMs(nowMs);
  return {
    tests: TESTS,
    since: monthsBeforeMs(todayMs, MONTHS) / 1000,
    until: (todayMs - DAY_MS) / 1000,
  };
}

interface CountryRows extends RowsByQuery {
  readonly countries: readonly { readonly probe_cc: string; readonly cnt: number }[];
}

export const circumventionStatsByCountry = endpoint({
  path: '/api/_/circumvention_stats_by_country',
  summary: 'Measurements of circumvention tools by country, over six months',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  queries: (_, nowMs) => ({
    countries: {
      sql: `SELECT probe_cc, count() AS cnt FROM fastpath
WHERE ${WHERE}
GROUP BY probe_cc ORDER BY probe_cc`,
      values: values(nowMs),
    },
  }),
  answer: ({ countries }: CountryRows) => ({ kind: 'json', value: { v: 0, results: countries } }),
});

interface RuntimeRows extends RowsByQuery {
  readonly runtimes: readonly {
    readonly test_name: string;
    readonly probe_cc: string;
    readonly date: string;
    readonly median: number;
    readonly p90: number;
    readonly cnt: number;
  }[];
}

export const circumventionRuntimeStats = endpoint({
  path: '/api/_/circumvention_runtime_stats',
  summary: 'How long circumvention tools took, by test, country and day, over six months',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  queries: (_, nowMs) => ({
    runtimes: {
      sql: `SELECT test_name, probe_cc, toString(toDate(measurement_start_time)) AS date,
  quantile(0.5)(JSONExtractFloat(scores, 'extra', 'test_runtime')) AS median,
  quantile(0.9)(JSONExtractFloat(scores, 'extra', 'test_runtime')) AS p90,
  count() AS cnt
FROM fastpath
WHERE ${WHERE} AND JSONHas(scores, 'extra', 'test_runtime')
GROUP BY test_name, probe_cc, date`,
      values: values(nowMs),
    },
  }),
  // Every test with every country and day that has any: readers draw a grid.
  answer({ runtimes }: RuntimeRows) {
    const seen = new Map(
      runtimes.map((row) => [`${row.test_name} ${row.probe_cc} ${row.date}`, row] as const),
    );
    const sorted = (column: 'test_name' | 'probe_cc' | 'date') =>
      [...new Set(runtimes.map((row) => row[column]))].sort();
    const dates = sorted('date');
    const ccs = sorted('probe_cc');
    const results = sorted('test_name').flatMap((test_name) =>
      ccs.flatMap((probe_cc) =>
        dates.map((date) => {
          const row = seen.get(`${test_name} ${probe_cc} ${date}`);
          const v = row === undefined ? [] : [row.median, row.p90, row.cnt];
          return { test_name, probe_cc, date, v };
        }),
      ),
    );
    return { kind: 'json', value: { v: 0, results } };
  },
});
