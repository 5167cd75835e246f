/** GET /api/v1/detector/changepoints: when blocking began or ended (protocol, data 4.13). */

import { makeConditions } from '../../sql/conditions.ts';
import { addWindow } from '../../sql/timeWindow.ts';
import { withFraction } from '../../time/datetime.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { asnList, datetime, text } from '../parameters.ts';
import { lastDays } from './analysisWindow.ts';

const MAX_ROWS = 10_000;

interface Rows extends RowsByQuery {
  readonly points: readonly (Readonly<Record<string, unknown>> & {
    readonly ts: string;
    readonly change_dir: number | null;
  })[];
}

export const changepoints = endpoint({
  path: '/api/v1/detector/changepoints',
  summary: 'When blocking of a domain in a network began or ended, newest first',
  cacheSeconds: 60,
  parameters: {
    probe_asn: asnList('Networks, as AS numbers; 0 is none'),
    probe_cc: text('Country, as two letters', { minLength: 2, maxLength: 2 }),
    domain: text('Domain'),
    since: datetime('At this time or later; by default 30 days before today'),
    until: datetime('Up to and with this; by default the first instant of today'),
  },
  read(given, nowMs) {
    const asns = given.probe_asn?.filter((asn) => asn !== 0);
    return {
      kind: 'ok',
      asked: {
        asns: asns?.length === 0 ? undefined : asns,
        cc: given.probe_cc,
        domain: given.domain,
        window: lastDays(given, nowMs, false),
      },
    };
  },
  queries({ asns, cc, domain, window }) {
    const conditions = makeConditions();
    conditions.oneOf('probe_asn', 'UInt32', asns);
    conditions.equals('probe_cc', 'String', cc);
    conditions.equals('domain', 'String', domain);
    addWindow(conditions, window, 'ts');
    return {
      points: {
        sql: `SELECT probe_asn, probe_cc, domain, ts, count_isp_resolver, count_other_resolver, count,
  dns_isp_blocked, dns_other_blocked, tcp_blocked, tls_blocked, change_dir, current_state, s_pos,
  s_neg, h, block_type
FROM event_detector_changepoints
WHERE ${conditions.sql}
ORDER BY ts DESC, domain, probe_asn, block_type
LIMIT {max_rows:UInt32}`,
        values: { ...conditions.values, max_rows: MAX_ROWS },
      },
    };
  },
  answer: ({ points }: Rows) => ({
    kind: 'json',
    value: {
      results: points.map(({ ts, change_dir, ...row }) => ({
        ...row,
        start_time: withFraction(ts),
        count_isp_resolver: row.count_isp_resolver ?? 0,
        count_other_resolver: row.count_other_resolver ?? 0,
        count: row.count ?? 0,
        change_dir: change_dir === null ? null : change_dir === -1 ? 'down' : 'up',
      })),
    },
  }),
});
