/** Writing the rows of a can's lines into `jsonl`. */
import { createHash } from 'node:crypto';
import { type BodyPlace, jsonlRow } from '../../core/archive/jsonlRows.ts';
import type { CanName } from '../../core/archive/names.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../../edge/clickhouse/insert.ts';
import type { Retry } from '../retry.ts';

/**
 * The deduplication token of rows: what is sent again is dropped by the server, and other rows under the
 * same name are not.
 */
export function contentToken(name: string, rows: readonly string[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(row).update('\n');
  return `${name}#${hash.digest('hex')}`;
}

const ROWS_AT_ONCE = 5_000;

/**
 * Inserts a row for each place: newer rows replace older ones. `token` names this content of the table:
 * what is sent again under the same is dropped by the server. Gives how many there were.
 */
export async function insertRows(
  parts: { readonly clickhouse: ClickHouseClient; readonly retry: Retry },
  can: CanName,
  places: AsyncIterable<BodyPlace>,
  token: string,
): Promise<number> {
  let rows: string[] = [];
  let inserted = 0;
  const flush = async () => {
    if (rows.length === 0) return;
    const part = `${token}#${inserted}`;
    await parts.retry('insert into jsonl', () =>
      insertLines(parts.clickhouse, 'jsonl', rows, part),
    );
    inserted += rows.length;
    rows = [];
  };
  for await (const place of places) {
    rows.push(jsonlRow(can, place));
    if (rows.length >= ROWS_AT_ONCE) await flush();
  }
  await flush();
  return inserted;
}
