/** GET /api/_/domain_metadata (protocol, data 5.2.7). */
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { text } from '../parameters.ts';
import { refused } from './place.ts';

interface Rows extends RowsByQuery {
  readonly listed: readonly { readonly domain: string; readonly category_code: string }[];
}

const WWW = 'www.';
/** No name of a host is longer. */
const MAX_DOMAIN_CHARS = 253;

export const domainMetadata = endpoint({
  path: '/api/_/domain_metadata',
  summary: 'Category of a domain, and how the lists write it',
  cacheSeconds: 7_200,
  parameters: { domain: text('With or without `www.`') },
  read({ domain }) {
    if (domain === undefined || domain.length > MAX_DOMAIN_CHARS)
      return refused('missing or incorrect domain');
    const lower = domain.toLowerCase();
    const bare = lower.startsWith(WWW) ? lower.slice(WWW.length) : lower;
    return { kind: 'ok', asked: { bare } };
  },
  // The global list first, then the shortest URL.
  queries: ({ bare }) => ({
    listed: {
      sql: `SELECT domain, category_code FROM citizenlab
WHERE domain IN {domains:Array(String)}
ORDER BY cc != 'ZZ', length(url), url, cc
LIMIT 1`,
      values: { domains: [bare, WWW + bare] },
    },
  }),
  answer: ({ listed: [row] }: Rows, { bare }) => ({
    kind: 'json',
    value: {
      category_code: row?.category_code ?? 'MISC',
      canonical_domain: row?.domain ?? bare,
    },
  }),
});
