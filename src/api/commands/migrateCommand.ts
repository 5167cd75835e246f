/** `ooni-api migrate`: creates and upgrades the ClickHouse tables. */
import { apiSchema } from '../../config/api.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { migrate, rebuild } from '../../edge/clickhouse/migrate.ts';
import { type AddCommand, FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { serve } from './serveCommand.ts';

export interface MigrateArguments {
  readonly config: string;
  readonly cluster: string | undefined;
  /** Also fill anew what the database counts by itself. */
  readonly rebuild: boolean;
}

/** The server waits up to three minutes for all hosts of a cluster; then it says which did not answer. */
const STATEMENT_TIMEOUT_MS = 200_000;

export const addMigrate: AddCommand = (cli, exit) =>
  cli.command(
    'migrate',
    'create or upgrade the tables in ClickHouse',
    (options) =>
      options
        .option('cluster', {
          type: 'string',
          describe: 'cluster for ON CLUSTER and replicated engines',
        })
        .option('rebuild', {
          type: 'boolean',
          default: false,
          describe: 'also count anew, from fastpath, what the database counts by itself',
        }),
    async (args) =>
      exit(
        args.checkConfig
          ? await serve(args)
          : await runMigrate({
              config: args.config,
              cluster: args.cluster,
              rebuild: args.rebuild,
            }),
      ),
  );

async function runMigrate(args: MigrateArguments): Promise<number> {
  const config = loadConfig(args.config, apiSchema);
  const { cluster } = args;
  if (cluster !== undefined && !/^[A-Za-z0-9_.-]+$/.test(cluster))
    throw new ConfigError('--cluster', '', 'expected the name of a ClickHouse cluster');
  // Not bound to our database, which may not exist yet.
  const client = clickHouseOf(config.clickhouse, args.config, 'ooni-api', {
    database: 'default',
    requestTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const { database } = config.clickhouse;
    const { applied, version } = await migrate(client, database, { cluster });
    process.stdout.write(
      applied.length === 0
        ? `${database}: nothing to do, at migration ${version}\n`
        : `${database}: applied ${applied.join(', ')}, now at migration ${version}\n`,
    );
    if (args.rebuild) {
      const names = await rebuild(client, database);
      process.stdout.write(`${database}: counted anew: ${names.join(', ')}\n`);
    }
    return EXIT.ok;
  } catch (error) {
    throw new FatalError(`${config.clickhouse.url}: cannot migrate`, EXIT.unavailable, {
      cause: error,
    });
  } finally {
    await client.close();
  }
}
