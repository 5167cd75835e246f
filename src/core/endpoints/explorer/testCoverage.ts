/** GET /api/_/test_coverage (protocol, data 5.2.14). */
import { TEST_GROUPS } from '../../nettests/testNames.ts';
import { DAY_MS, dayTexts, startOfDayMs } from '../../time/days.ts';
import type { Axis } from '../aggregation/axes.ts';
import { countsPlan, countsQuery } from '../aggregation/countsQuery.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { list } from '../parameters.ts';
import { countryParameter, readCountry } from './place.ts';
import { wholeDays } from './wholeDays.ts';

interface Rows extends RowsByQuery {
  readonly networks: readonly {
    readonly axis_measurement_start_day: string;
    readonly networks: number;
  }[];
  readonly tests: readonly {
    readonly axis_measurement_start_day: string;
    readonly axis_test_name: string;
    readonly measurement_count: number;
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
    const groups = given.test_groups?.flatMap((group) => TEST_GROUPS.get(group) ?? []);
    const ofDays = (daysAgo: number, axis: Axis, testNames?: readonly string[]) =>
      wholeDays({
        ...endingDaysAgo(nowMs, daysAgo),
        probeCcs: [cc],
        testNames,
        axes: ['measurement_start_day', axis],
      });
    return {
      kind: 'ok',
      asked: {
        networks: ofDays(NETWORKS_END_DAYS_AGO, 'probe_asn', groups),
        tests: ofDays(TESTS_END_DAYS_AGO, 'test_name'),
      },
    };
  },
  // Of both, whose windows are a day apart.
  plan: ({ networks, tests }) => countsPlan({ ...networks, sinceMs: tests.sinceMs }),
  queries({ networks, tests }, nowMs, planned) {
    const { sql, values } = countsQuery(networks, nowMs, planned);
    return {
      networks: {
        sql: `SELECT axis_measurement_start_day, uniqExact(axis_probe_asn) AS networks
FROM (
${sql}
)
GROUP BY axis_measurement_start_day`,
        values,
      },
      tests: countsQuery(tests, nowMs, planned),
    };
  },
  answer({ networks, tests }: Rows, asked) {
    const byDay = new Map(networks.map((row) => [row.axis_measurement_start_day, row.networks]));
    const network_coverage = daysOf(asked.networks).map((test_day) => ({
      count: byDay.get(test_day) ?? 0,
      test_day,
    }));
    const test_coverage = [...TEST_GROUPS].flatMap(([test_group, names]) => {
      const counts = new Map<string, number>();
      for (const row of tests) {
        if (!names.includes(row.axis_test_name)) continue;
        const day = row.axis_measurement_start_day;
        counts.set(day, (counts.get(day) ?? 0) + row.measurement_count);
      }
      return daysOf(asked.tests).map((test_day) => ({
        count: counts.get(test_day) ?? 0,
        test_day,
        test_group,
      }));
    });
    return { kind: 'json', value: { network_coverage, test_coverage } };
  },
});

function daysOf({ sinceMs, untilMs }: Window): string[] {
  return dayTexts(sinceMs, untilMs - DAY_MS);
}
