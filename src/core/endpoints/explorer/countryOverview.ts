/** GET /api/_/country_overview (protocol, data 5.2.4). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { allTimeCounts, allTimePlan } from './allTime.ts';
import { countryParameter, readCountryAlone } from './place.ts';

interface Rows extends RowsByQuery {
  readonly first: readonly { readonly first_bucket_date: string }[];
  readonly counts: readonly {
    readonly measurement_count: number;
    readonly network_count: number;
  }[];
}

/** Earlier times are clocks that were wrong. */
const since = (time: string) =>
  `probe_cc = {cc:String} AND toStartOfMonth(${time}) >= toDate('2012-12-01')`;

export const countryOverview = endpoint({
  path: '/api/_/country_overview',
  summary: 'First day, measurements and networks of a country',
  cacheSeconds: 86_400,
  parameters: countryParameter,
  read: readCountryAlone,
  plan: () => allTimePlan(),
  queries({ cc }, nowMs, planned) {
    const counts = allTimeCounts(
      {
        table: 'network_days',
        groups: () => ({ probe_asn: 'probe_asn' }),
        where: since,
        values: { cc },
      },
      nowMs,
      planned,
    );
    return {
      // Without rows the day is 1970-01-01.
      first: {
        sql: `SELECT toString(toDate(min(measurement_start_time))) AS first_bucket_date
FROM fastpath
WHERE ${since('measurement_start_time')}
${FROM_SUMS}`,
        values: { cc },
      },
      counts: {
        sql: `SELECT sum(measurements) AS measurement_count, count() AS network_count
FROM ${counts.sql}
${counts.settings}`,
        values: counts.values,
      },
    };
  },
  answer: ({ first, counts }: Rows) => ({ kind: 'json', value: { ...first[0], ...counts[0] } }),
});
