/** GET /api/_/global_overview (protocol, data 5.2.1). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

interface Rows extends RowsByQuery {
  readonly all: readonly {
    readonly country_count: number;
    readonly measurement_count: number;
    readonly network_count: number;
  }[];
}

export const globalOverview = endpoint({
  path: '/api/_/global_overview',
  summary: 'How many countries, networks and measurements there are',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  queries: () => ({
    all: {
      // As the server keeps these sums (0011_statistics.ts).
      sql: `SELECT uniqExact(probe_cc) AS country_count, sum(measurements) AS measurement_count,
  uniqExact(probe_asn) AS network_count
FROM (SELECT probe_cc, probe_asn, count() AS measurements FROM fastpath GROUP BY probe_cc, probe_asn)
${FROM_SUMS}`,
      values: {},
    },
  }),
  answer: ({ all: [row] }: Rows) => ({ kind: 'json', value: row }),
});
