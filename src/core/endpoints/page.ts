/** Pages of results that are not counted (protocol, data 4.8). */
import { choice, integer } from './parameters.ts';

const MAX_PAGE_ROWS = 1_000_000;

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

export const pageParameters = {
  offset: integer('Rows to leave out before the page', { min: 0, otherwise: 0 }),
  limit: integer('Rows of a page', { min: 1, max: MAX_PAGE_ROWS, otherwise: 100 }),
};

export const orderParameters = {
  order_by: choice('Order of the rows; `measurement_start_time` by default', [
    'measurement_start_time',
    'input',
    'probe_cc',
    'probe_asn',
    'test_name',
  ]),
  order: choice('`desc` by default', ['asc', 'desc', 'ASC', 'DESC']),
};

export function readPage(given: {
  readonly offset: number | undefined;
  readonly limit: number | undefined;
}): Page {
  return { offset: given.offset ?? 0, limit: given.limit ?? 100 };
}

/** The pagination block. The next page is the same request with another offset; none after a short one. */
export function pageMetadata(
  { offset, limit }: Page,
  rows: number,
  queryTimeMs: number,
  path: string,
  { baseUrl, rawQuery }: { readonly baseUrl: string; readonly rawQuery: string },
): Readonly<Record<string, unknown>> {
  const query = new URLSearchParams(rawQuery);
  query.set('offset', String(offset + limit));
  query.set('limit', String(limit));
  return {
    count: -1,
    current_page: Math.ceil(offset / limit) + 1,
    limit,
    next_url: rows < limit ? null : `${baseUrl}${path}?${query}`,
    offset,
    pages: -1,
    query_time: queryTimeMs / 1000,
  };
}
