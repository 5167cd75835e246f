/**
 * Queries that are answered from a projection of `fastpath` say so in their SETTINGS. For all others projections are off
 * (edge/clickhouse/clickhouseClient.ts): the server would look through the index of each of them before it
 * begins, which for a large table takes longer than the query (docs/design/search.md).
 */

/** From sums or states that the server keeps. */
export const FROM_SUMS = 'SETTINGS optimize_use_projections = 1';

/** An order of rows beside that of the table's key (migration 13): by one column, then by that key. */
export interface RowOrder {
  readonly projection: string;
  readonly column: 'domain' | 'probe_asn';
}

export const BY_DOMAIN: RowOrder = { projection: 'rows_by_domain', column: 'domain' };
export const BY_NETWORK: RowOrder = { projection: 'rows_by_network', column: 'probe_asn' };

/** Rows of one value of the order's column, if that is less to read; other projections are not looked at. */
export function fromOrder({ projection }: RowOrder): string {
  return `SETTINGS optimize_use_projections = 1, preferred_optimize_projection_name = '${projection}'`;
}
