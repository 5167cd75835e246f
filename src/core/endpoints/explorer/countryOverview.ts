/** GET /api/_/country_overview (protocol, data 5.2.4). */
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
      sql: `SELECT toString(toDate(min(measurement_start_time))) AS first_bucket_date,
  count() AS measurement_count, uniqExact(probe_asn) AS network_count
FROM fastpath
WHERE probe_cc = {cc:String} AND measurement_start_time > toDateTime('2012-12-01 00:00:00', 'UTC')`,
      values: { cc },
    },
  }),
  answer: ({ all: [row] }: Rows) => ({ kind: 'json', value: row }),
});
