/**
 * Is this answer ClickHouse's, and to our query? What stands between us and the server (a proxy, a
 * captive portal, another program on the port) may answer 200 with a page of its own; taken for an
 * answer, it would confirm rows that nobody has stored, or be a result without rows.
 */

/** What came back is no answer of ClickHouse to this query. */
export class ForeignAnswer extends Error {
  override readonly name = 'ForeignAnswer';

  constructor(found: string) {
    super(
      `an answer that is not ClickHouse's: ${found}. Check the url, and that whatever is in between passes on answers, X-ClickHouse-… headers and query_id as they are`,
    );
  }
}

export interface Answer {
  /** The id that the query was sent with: no two have the same. */
  readonly query_id: string;
  readonly response_headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Throws ForeignAnswer. The server gives the query's own id back with every answer. */
export function checkAnswer({ query_id, response_headers: headers }: Answer): void {
  const found = headers['x-clickhouse-query-id'];
  if (found === query_id) return;
  const type = headers['content-type'] ?? 'none';
  throw new ForeignAnswer(
    found === undefined
      ? `it has no X-ClickHouse-Query-Id (content type: ${type})`
      : `it is to query ${found}, not to ${query_id}`,
  );
}

/** Throws ForeignAnswer when an INSERT was answered with something, which can only be a fault. */
export function checkEmpty(bodyBytes: number): void {
  if (bodyBytes > 0)
    throw new ForeignAnswer(
      `an INSERT was answered with ${bodyBytes} bytes, as if it had failed midway`,
    );
}

/** What the server says that a statement did, from the header X-ClickHouse-Summary. */
export interface Summary {
  readonly written_rows?: string;
}

/**
 * Throws ForeignAnswer unless the server says that it took all rows of an INSERT. Rows that it drops
 * because it has them already count, and those of materialized views count on top.
 */
export function checkWritten(summary: Summary | undefined, rows: number): void {
  const written = Number(summary?.written_rows ?? Number.NaN);
  if (written >= rows) return;
  throw new ForeignAnswer(
    Number.isNaN(written)
      ? 'an INSERT was answered without X-ClickHouse-Summary'
      : `it says that ${written} of ${rows} rows were written`,
  );
}
