/** GET /api/_/domains (protocol, data 5.2.6). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

interface Rows extends RowsByQuery {
  readonly domains: readonly {
    readonly domain_name: string;
    readonly category_code: string;
    readonly measurement_count: number;
  }[];
}

export const domains = endpoint({
  path: '/api/_/domains',
  summary: 'Domains of the test lists, with category and measurements of web_connectivity',
  cacheSeconds: 7_200,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  queries: () => ({
    domains: {
      sql: `SELECT listed.domain AS domain_name, category_code, measurement_count
FROM (
  SELECT domain, argMin(category_code, (cc != 'ZZ', cc, category_code)) AS category_code
  FROM citizenlab GROUP BY domain
) AS listed
LEFT JOIN (
  SELECT domain, count() AS measurement_count
  FROM fastpath WHERE test_name = 'web_connectivity' GROUP BY domain
) AS measured ON measured.domain = listed.domain
ORDER BY domain_name
${FROM_SUMS}`,
      values: {},
    },
  }),
  answer: (rows: Rows) => ({ kind: 'json', value: { v: 0, results: rows.domains } }),
});
