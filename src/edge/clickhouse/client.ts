/** Connection to ClickHouse. The official client does the work; here are our settings and errors. */
import { type ClickHouseClient, createClient } from '@clickhouse/client';

export type { ClickHouseClient } from '@clickhouse/client';

export interface ClickHouseOptions {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly requestTimeoutMs: number;
  /** Named in ClickHouse's query log: the program. */
  readonly application: string;
  readonly maxConnections?: number;
}

export function openClickHouse(options: ClickHouseOptions): ClickHouseClient {
  return createClient({
    url: options.url,
    database: options.database,
    username: options.username,
    password: options.password,
    application: options.application,
    request_timeout: options.requestTimeoutMs,
    max_open_connections: options.maxConnections ?? 10,
    // Inserts of a busy hour compress five to one.
    compression: { request: true, response: false },
    keep_alive: { enabled: true },
    clickhouse_settings: {
      date_time_output_format: 'iso',
      // Servers differ in their default; counts are plain numbers for us.
      output_format_json_quote_64bit_integers: 0,
    },
    // Every error reaches the caller and is logged there, once.
    log: { level: 127 },
  });
}
