/** ClickHouse as a program's config has it. */
import type { ClickHouseConfig } from '../config/common.ts';
import { readSecret } from '../config/credentials.ts';
import { type ClickHouseClient, openClickHouse } from '../edge/clickhouse/clickhouseClient.ts';

export function clickHouseOf(
  config: ClickHouseConfig,
  configFile: string,
  application: string,
  options: {
    readonly database?: string;
    readonly maxConnections?: number;
    /** At least this long, whatever the config says of queries. */
    readonly requestTimeoutMs?: number;
  } = {},
): ClickHouseClient {
  const password = readSecret(
    {
      credential: 'clickhouse-password',
      key: 'clickhouse.password_file',
      file: config.password_file,
    },
    configFile,
  );
  return openClickHouse({
    url: config.url,
    database: options.database ?? config.database,
    username: config.username,
    password: password ?? '',
    requestTimeoutMs: Math.max(config.request_timeout_ms, options.requestTimeoutMs ?? 0),
    application,
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
  });
}
