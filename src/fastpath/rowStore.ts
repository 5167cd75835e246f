/** The writer's view of ClickHouse. */
import { textLiterals } from '../core/sql/literal.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { isRowError } from '../edge/clickhouse/clickhouseErrors.ts';
import { insertLines } from '../edge/clickhouse/insert.ts';
import type { PendingRow, RowStore } from './pendingRow.ts';

export function clickHouseRowStore(client: ClickHouseClient): RowStore {
  return {
    insert: (table, lines, token, signal) => insertLines(client, table, lines, token, signal),
    isRowError,
    async answers(signal) {
      try {
        await client.query({ query: 'SELECT 1', abort_signal: signal }).then((it) => it.text());
        return true;
      } catch {
        return false;
      }
    },
    async stored(rows: readonly PendingRow[], signal) {
      const found = new Set<string>();
      for (let first = 0; first < rows.length; first += ROWS_PER_QUERY) {
        const result = await client.query({
          query: storedQuery(rows.slice(first, first + ROWS_PER_QUERY)),
          format: 'JSONEachRow',
          abort_signal: signal,
        });
        for (const { uid } of await result.json<{ uid: string }>()) found.add(uid);
      }
      return found;
    },
  };
}

// Bound parameters travel in the URL, which is too short for a batch; a query has 256 KiB.
const ROWS_PER_QUERY = 1_000;

/**
 * Asks which of these measurements have a row. measurement_start_time leads the table's key, so this
 * reads a few granules, not the table.
 */
export function storedQuery(
  rows: readonly Pick<PendingRow, 'uid' | 'measurementStartTime'>[],
): string {
  return `SELECT DISTINCT measurement_uid AS uid FROM fastpath
    WHERE measurement_start_time IN (${textLiterals(rows.map((row) => row.measurementStartTime))})
    AND measurement_uid IN (${textLiterals(rows.map((row) => row.uid))})`;
}
