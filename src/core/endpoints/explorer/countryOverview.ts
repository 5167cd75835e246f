/** GET /api/_/country_overview (protocol, data 5.2.4). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { countryParameter, readCountryAlone } from './place.ts';

interface Rows extends RowsByQuery {
  readonly all: readonly {
    readonly first_bucket_date: string;
    readonly measurement_count: number;
    readonly network_count: number;
  }[];
}

export const countryOverview = endpoint({
  path: '/api/_/country_overview',
  summary: 'First day, measurements and networks of a country',
  cacheSeconds: 86_400,
  parameters: countryParameter,
  read: readCountryAlone,
  // Earlier times are clocks that were wrong. Without rows the day is 1970-01-01.
  queries: ({ cc }) => ({
    all: {
      sql: `SELECT toString(toDate(min(first_time))) AS first_bucket_date,
  sum(measurements) AS measurement_count, count() AS network_count
FROM (
  SELECT probe_asn, min(measurement_start_time) AS first_time, count() AS measurements
  FROM fastpath
  WHERE probe_cc = {cc:String} AND toStartOfMonth(measurement_start_time) >= toDate('2012-12-01')
  GROUP BY probe_asn
)
${FROM_SUMS}`,
      values: { cc },
    },
  }),
  answer: ({ all: [row] }: Rows) => ({ kind: 'json', value: row }),
});
