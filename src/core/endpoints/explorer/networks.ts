/** GET /api/_/networks (protocol, data 5.2.5). */
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { type AllTimeCounts, allTimeCounts, allTimePlan } from './allTime.ts';

interface Rows extends RowsByQuery {
  readonly networks: readonly {
    readonly probe_asn: number;
    readonly cnt: number;
    readonly org_name: string;
  }[];
}

const BY_NETWORK: AllTimeCounts = {
  table: 'network_days',
  groups: () => ({ probe_asn: 'probe_asn' }),
  // Network 0 is none: not known, or taken out.
  where: () => 'probe_asn != 0',
};

export const networks = endpoint({
  path: '/api/_/networks',
  summary: 'Measurements by network, with its name, most measured first',
  cacheSeconds: 7_200,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  plan: () => allTimePlan(),
  queries(_, nowMs, planned) {
    const counts = allTimeCounts(BY_NETWORK, nowMs, planned);
    return {
      networks: {
        sql: `SELECT probe_asn, measurements AS cnt, org_name
FROM ${counts.sql} AS measured
LEFT JOIN (SELECT asn, argMax(org_name, changed) AS org_name FROM asnmeta GROUP BY asn) AS named
  ON named.asn = measured.probe_asn
ORDER BY cnt DESC, probe_asn
${counts.settings}`,
        values: counts.values,
      },
    };
  },
  answer: (rows: Rows) => ({ kind: 'json', value: { v: 0, results: rows.networks } }),
});
