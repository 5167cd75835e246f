/** A connection of a benchmark to its engine, as its administrator, for statements that take long. */
import {
  type ClickHouseClient,
  openClickHouse,
} from '../../src/edge/clickhouse/clickhouseClient.ts';

export function openBenchClient(url: string, database: string): ClickHouseClient {
  return openClickHouse({
    url,
    database,
    username: 'default',
    password: '',
    requestTimeoutMs: 600_000,
    application: 'bench',
  });
}
