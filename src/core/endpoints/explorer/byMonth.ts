/**
 * Series by month, of two years and the current month: global_overview_by_month, asn_by_month and
 * countries_by_month (protocol, data 5.2.2, 5.2.11 and 5.2.12).
 */
import type { Query } from '../../sql/query.ts';
import { dayText, dayWithZone, startOfMonthMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { allTimeCounts, allTimePlan } from './allTime.ts';

interface Rows extends RowsByQuery {
  readonly months: readonly {
    /** Its first day. */
    readonly month: string;
    readonly countries: number;
    readonly networks: number;
    readonly measurements: number;
  }[];
}

type Column = 'countries' | 'networks' | 'measurements';

const MONTHS = 24;

/** The first instant is not in it: so the series has always been. */
function monthsQuery(nowMs: number, planned: readonly object[] | undefined): Query {
  const sinceMs = startOfMonthMs(nowMs, -MONTHS);
  const counts = allTimeCounts(
    {
      table: 'network_days',
      groups: (time) => ({
        first_day: `toStartOfMonth(${time})`,
        probe_cc: 'probe_cc',
        probe_asn: 'probe_asn',
      }),
      where: (time) =>
        `toStartOfMonth(${time}) >= {since:Date} AND toStartOfMonth(${time}) < {until:Date}`,
      without: `measurement_start_time = toDateTime({since_s:UInt32}, 'UTC')`,
      values: {
        since: dayText(sinceMs),
        until: dayText(startOfMonthMs(nowMs, 1)),
        since_s: sinceMs / 1000,
      },
    },
    nowMs,
    planned,
  );
  return {
    sql: `SELECT toString(first_day) AS month, uniqExact(probe_cc) AS countries,
  uniqExact(probe_asn) AS networks, sum(measurements) AS measurements
FROM ${counts.sql}
GROUP BY first_day ORDER BY first_day
${counts.settings}`,
    values: counts.values,
  };
}

function series({ months }: Rows, column: Column) {
  return months.map((row) => ({ date: dayWithZone(row.month), value: row[column] }));
}

const common = {
  cacheSeconds: 86_400,
  parameters: {},
  read: (_: object, nowMs: number) => ({
    kind: 'ok' as const,
    asked: { sinceMs: startOfMonthMs(nowMs, -MONTHS) },
  }),
  plan: ({ sinceMs }: { readonly sinceMs: number }) => allTimePlan(sinceMs),
  queries: (_: object, nowMs: number, planned: readonly object[] | undefined) => ({
    months: monthsQuery(nowMs, planned),
  }),
};

export const globalOverviewByMonth = endpoint({
  ...common,
  path: '/api/_/global_overview_by_month',
  summary: 'Countries, networks and measurements by month, the current one included',
  answer: (rows: Rows) => ({
    kind: 'json',
    value: {
      countries_by_month: series(rows, 'countries'),
      measurements_by_month: series(rows, 'measurements'),
      networks_by_month: series(rows, 'networks'),
    },
  }),
});

export const asnByMonth = endpoint({
  ...common,
  path: '/api/_/asn_by_month',
  summary: 'Networks by month',
  answer: (rows: Rows) => ({ kind: 'json', value: series(rows, 'networks') }),
});

export const countriesByMonth = endpoint({
  ...common,
  path: '/api/_/countries_by_month',
  summary: 'Countries by month',
  answer: (rows: Rows) => ({ kind: 'json', value: series(rows, 'countries') }),
});
