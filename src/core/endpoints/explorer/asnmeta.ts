/** GET /api/_/asnmeta (protocol, data 5.2.8). */

import { parseLooseAsn } from '../../measurement/asNumber.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { text } from '../parameters.ts';
import { refused } from './place.ts';

interface Rows extends RowsByQuery {
  readonly names: readonly { readonly org_name: string }[];
}

export const asnmeta = endpoint({
  path: '/api/_/asnmeta',
  summary: 'Name of the organisation behind a network',
  cacheSeconds: 7_200,
  parameters: { asn: text('Network, as an AS number') },
  read(given) {
    const asn = parseLooseAsn(given.asn ?? '');
    return asn === undefined ? refused('missing or incorrect asn') : { kind: 'ok', asked: { asn } };
  },
  queries: ({ asn }) => ({
    names: {
      sql: 'SELECT org_name FROM asnmeta WHERE asn = {asn:UInt32} ORDER BY changed DESC LIMIT 1',
      values: { asn },
    },
  }),
  answer: ({ names: [row] }: Rows) => ({
    kind: 'json',
    value: { org_name: row?.org_name ?? 'Unknown' },
  }),
});
