/** The writer's view of ClickHouse. */
import { storedUidsSql } from '../core/sql/fastpathTable.ts';
import { answersSql } from '../core/sql/healthQuery.ts';
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
        await client.query({ query: answersSql, abort_signal: signal }).then((it) => it.text());
        return true;
      } catch {
        return false;
      }
    },
    async stored(rows: readonly PendingRow[], signal) {
      const found = new Set<string>();
      for (let first = 0; first < rows.length; first += ROWS_PER_QUERY) {
        const result = await client.query({
          query: storedUidsSql(rows.slice(first, first + ROWS_PER_QUERY)),
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
