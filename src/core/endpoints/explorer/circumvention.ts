/** circumvention_stats_by_country and circumvention_runtime_stats (protocol, data 5.2.21). */
import { notedDaysQuery } from '../../sql/dayCounters.ts';
import { lastVersionsOfDays } from '../../sql/lastVersions.ts';
import type { Query } from '../../sql/query.ts';
import { windowValues } from '../../sql/timeWindow.ts';
import { DAY_MS, dayText, monthsBeforeMs, startOfDayMs } from '../../time/days.ts';
import { daysOfVersions } from '../aggregation/dayPlan.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

const TESTS = ['torsf', 'tor', 'stunreachability', 'psiphon', 'riseupvpn'];
const MONTHS = 6;

const WHERE = `test_name IN {tests:Array(String)}
  AND measurement_start_time > toDateTime({since:UInt32}, 'UTC')
  AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')`;

/** Six months up to yesterday, both ends left out. */
interface Asked {
  readonly sinceMs: number;
  readonly untilMs: number;
}

const sixMonths = {
  parameters: {},
  read(_: object, nowMs: number) {
    const todayMs = startOfDayMs(nowMs);
    const asked: Asked = {
      sinceMs: monthsBeforeMs(todayMs, MONTHS),
      untilMs: todayMs - DAY_MS,
    };
    return { kind: 'ok' as const, asked };
  },
  plan: ({ sinceMs, untilMs }: Asked) => notedDaysQuery(dayText(sinceMs), dayText(untilMs)),
};

/** To be read `FROM`. */
function rowsOf(
  columns: readonly string[],
  { sinceMs, untilMs }: Asked,
  planned: readonly object[] | undefined,
): Query {
  const { sql, values } = lastVersionsOfDays(columns, WHERE, daysOfVersions(planned));
  return { sql, values: { ...values, tests: TESTS, ...windowValues({ sinceMs, untilMs }) } };
}

interface CountryRows extends RowsByQuery {
  readonly countries: readonly { readonly probe_cc: string; readonly cnt: number }[];
}

export const circumventionStatsByCountry = endpoint({
  ...sixMonths,
  path: '/api/_/circumvention_stats_by_country',
  summary: 'Measurements of circumvention tools by country, over six months',
  cacheSeconds: 86_400,
  queries(asked, _, planned) {
    const { sql, values } = rowsOf(['probe_cc'], asked, planned);
    return {
      countries: {
        sql: `SELECT probe_cc, count() AS cnt FROM ${sql}
GROUP BY probe_cc ORDER BY probe_cc`,
        values,
      },
    };
  },
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
  ...sixMonths,
  path: '/api/_/circumvention_runtime_stats',
  summary: 'How long circumvention tools took, by test, country and day, over six months',
  cacheSeconds: 86_400,
  queries(asked, _, planned) {
    const { sql, values } = rowsOf(
      ['test_name', 'probe_cc', 'measurement_start_time', 'scores'],
      asked,
      planned,
    );
    return {
      runtimes: {
        sql: `SELECT test_name, probe_cc, toString(toDate(measurement_start_time)) AS date,
  quantile(0.5)(JSONExtractFloat(scores, 'extra', 'test_runtime')) AS median,
  quantile(0.9)(JSONExtractFloat(scores, 'extra', 'test_runtime')) AS p90,
  count() AS cnt
FROM ${sql}
WHERE JSONHas(scores, 'extra', 'test_runtime')
GROUP BY test_name, probe_cc, date`,
        values,
      },
    };
  },
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
