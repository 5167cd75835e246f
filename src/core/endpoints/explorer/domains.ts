/** GET /api/_/domains (protocol, data 5.2.6). */
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { type AllTimeCounts, allTimeCounts, allTimePlan } from './allTime.ts';

interface Rows extends RowsByQuery {
  readonly domains: readonly {
    readonly domain_name: string;
    readonly category_code: string;
    readonly measurement_count: number;
  }[];
}

const BY_DOMAIN: AllTimeCounts = {
  table: 'domain_days',
  groups: () => ({ domain: 'domain' }),
  where: () => `test_name = 'web_connectivity'`,
};

export const domains = endpoint({
  path: '/api/_/domains',
  summary: 'Domains of the test lists, with category and measurements of web_connectivity',
  cacheSeconds: 7_200,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  plan: () => allTimePlan(),
  queries(_, nowMs, planned) {
    const counts = allTimeCounts(BY_DOMAIN, nowMs, planned);
    return {
      domains: {
        sql: `SELECT listed.domain AS domain_name, category_code, measurements AS measurement_count
FROM (
  SELECT domain, argMin(category_code, (cc != 'ZZ', cc, category_code)) AS category_code
  FROM citizenlab GROUP BY domain
) AS listed
LEFT JOIN ${counts.sql} AS measured ON measured.domain = listed.domain
ORDER BY domain_name
${counts.settings}`,
        values: counts.values,
      },
    };
  },
  answer: (rows: Rows) => ({ kind: 'json', value: { v: 0, results: rows.domains } }),
});
