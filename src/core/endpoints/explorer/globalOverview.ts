/** GET /api/_/global_overview (protocol, data 5.2.1). */
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { type AllTimeCounts, allTimeCounts, allTimePlan } from './allTime.ts';

interface Rows extends RowsByQuery {
  readonly all: readonly {
    readonly country_count: number;
    readonly measurement_count: number;
    readonly network_count: number;
  }[];
}

const BY_NETWORK: AllTimeCounts = {
  table: 'network_days',
  groups: () => ({ probe_cc: 'probe_cc', probe_asn: 'probe_asn' }),
};

export const globalOverview = endpoint({
  path: '/api/_/global_overview',
  summary: 'How many countries, networks and measurements there are',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  plan: () => allTimePlan(),
  queries(_, nowMs, planned) {
    const counts = allTimeCounts(BY_NETWORK, nowMs, planned);
    return {
      all: {
        sql: `SELECT uniqExact(probe_cc) AS country_count, sum(measurements) AS measurement_count,
  uniqExact(probe_asn) AS network_count
FROM ${counts.sql}
${counts.settings}`,
        values: counts.values,
      },
    };
  },
  answer: ({ all: [row] }: Rows) => ({ kind: 'json', value: row }),
});
