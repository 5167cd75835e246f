/** Writes rows that people make, one at a time; what ClickHouse has not confirmed is an error. */
import { randomUUID } from 'node:crypto';
import type { Query } from '../core/sql/query.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../edge/clickhouse/insert.ts';
import { QueryError } from './database.ts';

export interface RowWriter {
  /** `row`: a JSON text. Throws QueryError. */
  insert(table: string, row: string): Promise<void>;
  /** A statement that changes rows. Throws QueryError. */
  run(statement: Query): Promise<void>;
}

export function makeRowWriter(client: ClickHouseClient, timeoutMs: number): RowWriter {
  const within = async (work: (signal: AbortSignal) => Promise<unknown>) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      await work(signal);
    } catch (error) {
      throw new QueryError(signal.aborted ? 'timeout' : 'error', error, signal.aborted);
    }
  };
  return {
    insert: (table, row) =>
      within((signal) => insertLines(client, table, [row], randomUUID(), signal)),
    run: ({ sql, values }) =>
      within((signal) =>
        client.command({ query: sql, query_params: values, abort_signal: signal }),
      ),
  };
}
