/** Writing the rows of a can's lines into `jsonl`. */
import { createHash } from 'node:crypto';
import { type BodyPlace, jsonlRow } from '../../core/archive/jsonlRows.ts';
import type { CanName } from '../../core/archive/names.ts';
import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../../edge/clickhouse/insert.ts';
import type { Retry } from '../common/retry.ts';

/**
 * The deduplication token of rows: what is sent again is dropped by the server, and other rows under the
 * same name are not.
 */
export function contentToken(name: string, rows: readonly string[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(row).update('\n');
  return `${name}#${hash.digest('hex')}`;
}

/** Rows of one insert and of one check. */
const ROWS_AT_ONCE = 5_000;

export interface RowBunch {
  readonly rows: readonly string[];
  /** What the table finds them by. */
  readonly keys: readonly BodyKey[];
}

/** The rows of these places, some thousands at once. */
export async function* rowBunches(
  can: CanName,
  places: AsyncIterable<BodyPlace>,
): AsyncGenerator<RowBunch> {
  let rows: string[] = [];
  let keys: BodyKey[] = [];
  for await (const place of places) {
    rows.push(jsonlRow(can, place));
    keys.push({ ...place, measurementUid: place.uid });
    if (rows.length < ROWS_AT_ONCE) continue;
    yield { rows, keys };
    rows = [];
    keys = [];
  }
  if (rows.length > 0) yield { rows, keys };
}

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
  let inserted = 0;
  for await (const { rows } of rowBunches(can, places)) {
    const part = `${token}#${inserted}`;
    await parts.retry('insert into jsonl', () =>
      insertLines(parts.clickhouse, 'jsonl', rows, part),
    );
    inserted += rows.length;
  }
  return inserted;
}
