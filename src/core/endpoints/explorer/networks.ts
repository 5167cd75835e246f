/** GET /api/_/networks (protocol, data 5.2.5). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

interface Rows extends RowsByQuery {
  readonly networks: readonly {
    readonly probe_asn: number;
    readonly cnt: number;
    readonly org_name: string;
  }[];
}

export const networks = endpoint({
  path: '/api/_/networks',
  summary: 'Measurements by network, with its name, most measured first',
  cacheSeconds: 7_200,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  // Network 0 is none: not known, or taken out.
  queries: () => ({
    networks: {
      sql: `SELECT probe_asn, cnt, org_name
FROM (SELECT probe_asn, count() AS cnt FROM fastpath WHERE probe_asn != 0 GROUP BY probe_asn) AS measured
LEFT JOIN (SELECT asn, argMax(org_name, changed) AS org_name FROM asnmeta GROUP BY asn) AS named
  ON named.asn = measured.probe_asn
ORDER BY cnt DESC, probe_asn
${FROM_SUMS}`,
      values: {},
    },
  }),
  answer: (rows: Rows) => ({ kind: 'json', value: { v: 0, results: rows.networks } }),
});
