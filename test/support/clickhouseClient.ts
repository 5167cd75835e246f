/** Connections of tests to the engine. */
import type { Test } from 'tap';
import {
  type ClickHouseClient,
  openClickHouse,
} from '../../src/edge/clickhouse/clickhouseClient.ts';
import { PROGRAM_USER } from './clickhouse.ts';

/** Closed at the test's end. `username`: by default the one with the documented rights and no others. */
export function connectTo(
  t: Test,
  url: string,
  database: string,
  options: { readonly username?: string; readonly requestTimeoutMs?: number } = {},
): ClickHouseClient {
  const client = openClickHouse({
    url,
    database,
    username: options.username ?? PROGRAM_USER,
    password: '',
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    application: 'test',
  });
  t.teardown(() => client.close());
  return client;
}
