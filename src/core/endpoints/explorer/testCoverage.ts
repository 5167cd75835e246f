/** GET /api/_/test_coverage (protocol, data 5.2.14). */
import { TEST_GROUPS } from '../../nettests/testNames.ts';
import { IN_WINDOW, windowValues } from '../../sql/timeWindow.ts';
import { DAY_MS, dayText, dayTexts, startOfDayMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { list } from '../parameters.ts';
import { countryParameter, readCountry } from './place.ts';

interface Rows extends RowsByQuery {
  readonly networks: readonly { readonly test_day: string; readonly count: number }[];
  readonly tests: readonly {
    readonly test_day: string;
    readonly test_name: string;
    readonly count: number;
  }[];
}

/** The two series end two and three days ago: later days are not complete. */
const DAYS = 30;
const NETWORKS_END_DAYS_AGO = 2;
const TESTS_END_DAYS_AGO = 3;

interface Window {
  readonly sinceMs: number;
  /** Exclusive. */
  readonly untilMs: number;
}

function endingDaysAgo(nowMs: number, days: number): Window {
  const untilMs = startOfDayMs(nowMs) - (days - 1) * DAY_MS;
  return { sinceMs: untilMs - DAYS * DAY_MS, untilMs };
}

export const testCoverage = endpoint({
  path: '/api/_/test_coverage',
  summary: 'Networks and measurements of a country by day, over thirty days',
  cacheSeconds: 3_600,
  parameters: {
    ...countryParameter,
    test_groups: list('Networks that ran tests of these groups; by default of any'),
  },
  read(given, nowMs) {
    const cc = readCountry(given);
    if (typeof cc !== 'string') return cc;
    return {
      kind: 'ok',
      asked: {
        cc,
        tests: given.test_groups?.flatMap((group) => TEST_GROUPS.get(group) ?? []),
        networksWindow: endingDaysAgo(nowMs, NETWORKS_END_DAYS_AGO),
        testsWindow: endingDaysAgo(nowMs, TESTS_END_DAYS_AGO),
      },
    };
  },
  queries: ({ cc, tests, networksWindow, testsWindow }) => ({
    networks: {
      sql: `SELECT toString(toDate(measurement_start_time)) AS test_day, uniqExact(probe_asn) AS count
FROM fastpath
WHERE probe_cc = {cc:String}
  AND ${IN_WINDOW}${tests === undefined ? '' : '\n  AND test_name IN {tests:Array(String)}'}
GROUP BY test_day`,
      values: { cc, ...windowValues(networksWindow), ...(tests === undefined ? {} : { tests }) },
    },
    tests: {
      sql: `SELECT toString(toDate(measurement_start_time)) AS test_day, test_name, count() AS count
FROM fastpath
WHERE probe_cc = {cc:String}
  AND ${IN_WINDOW}
GROUP BY test_day, test_name`,
      values: { cc, ...windowValues(testsWindow) },
    },
  }),
  answer({ networks, tests }: Rows, { networksWindow, testsWindow }) {
    const byDay = new Map(networks.map(({ test_day, count }) => [test_day, count]));
    const network_coverage = daysOf(networksWindow).map((test_day) => ({
      count: byDay.get(test_day) ?? 0,
      test_day,
    }));
    const test_coverage = [...TEST_GROUPS].flatMap(([test_group, names]) => {
      const counts = new Map<string, number>();
      for (const { test_day, test_name, count } of tests)
        if (names.includes(test_name)) counts.set(test_day, (counts.get(test_day) ?? 0) + count);
      return daysOf(testsWindow).map((test_day) => ({
        count: counts.get(test_day) ?? 0,
        test_day,
        test_group,
      }));
    });
    return { kind: 'json', value: { network_coverage, test_coverage } };
  },
});

function daysOf({ sinceMs, untilMs }: Window): string[] {
  return dayTexts(sinceMs, untilMs - DAY_MS).filter((day) => day <= dayText(untilMs - DAY_MS));
}
