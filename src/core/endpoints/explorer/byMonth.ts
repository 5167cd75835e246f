/**
 * Series by month, of two years and the current month: global_overview_by_month, asn_by_month and
 * countries_by_month (protocol, data 5.2.2, 5.2.11 and 5.2.12).
 */
import type { Query } from '../../sql/query.ts';
import { dayWithZone, startOfMonthMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

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

/** The first instant is not in it: so the series has always been. */
function monthsQuery(nowMs: number): Query {
  return {
    sql: `SELECT toString(first_day) AS month,
  uniqExact(probe_cc) AS countries, uniqExact(probe_asn) AS networks, sum(rows) AS measurements
FROM (
  SELECT toStartOfMonth(measurement_start_time) AS first_day, probe_cc, probe_asn, count() AS rows
  FROM fastpath
  WHERE measurement_start_time > toDateTime({since:UInt32}, 'UTC')
    AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')
  GROUP BY first_day, probe_cc, probe_asn
)
GROUP BY first_day ORDER BY first_day`,
    values: {
      since: startOfMonthMs(nowMs, -24) / 1000,
      until: startOfMonthMs(nowMs, 1) / 1000,
    },
  };
}

function series({ months }: Rows, column: Column) {
  return months.map((row) => ({ date: dayWithZone(row.month), value: row[column] }));
}

const common = {
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok' as const, asked: {} }),
  queries: (_: object, nowMs: number) => ({ months: monthsQuery(nowMs) }),
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
