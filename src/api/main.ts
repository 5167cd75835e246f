/** ooni-api: wiring of arguments and config. Also the entry of its worker processes and threads. */
import { isMainThread, Worker } from 'node:worker_threads';
import { apiSchema } from '../config/api.ts';
import { loadLayers } from '../config/load.ts';
import { runZstdThread } from '../edge/zstd/zstdThread.ts';
import { openLog } from '../log/log.ts';
import {
  type ConfigArguments,
  checkedConfig,
  commandLine,
  runProgram,
  withConfig,
} from '../program/cli.ts';
import { clickHouseOf } from '../program/clickhouse.ts';
import { openObjects } from '../program/objectStore.ts';
import { watchOutput } from '../program/output.ts';
import { runMigrate } from './commands/migrateCommand.ts';
import { runPrimary } from './processes/primary.ts';
import { runWorker } from './processes/worker.ts';
import { WORKER_SETUP, type WorkerSetup } from './processes/workerMessages.ts';

const CONFIG = '/etc/ooni/api.toml';

async function serve({ config: configFile, checkConfig, show }: ConfigArguments): Promise<number> {
  const loaded = loadLayers(configFile, apiSchema);
  const { config } = loaded;
  // Only for a look at the tables; our own database may not exist yet.
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api', { database: 'default' });
  // The workers open the bucket; that its credentials can be used is known here.
  openObjects(config.s3, configFile).close();
  if (!checkConfig)
    return runPrimary({
      config,
      configFile,
      client,
      healthClient: clickHouseOf(config.clickhouse, configFile, 'ooni-api'),
      log: openLog(config.log_level),
    });
  process.stdout.write(checkedConfig(loaded, show));
  await client.close();
  return 0;
}

const workerSetup = process.env[WORKER_SETUP];
if (!isMainThread) {
  await runZstdThread();
} else if (workerSetup !== undefined) {
  watchOutput();
  const startZstdThread = () => new Worker(new URL(import.meta.url));
  await runWorker(JSON.parse(workerSetup) as WorkerSetup, startZstdThread);
} else {
  await runProgram('ooni-api', (exit) =>
    withConfig(commandLine('ooni-api', 'receives and serves measurements'), CONFIG)
      .command(
        ['$0', 'run'],
        'run the HTTP server',
        (cli) => cli,
        async (args) => exit(await serve(args)),
      )
      .command(
        'migrate',
        'create or upgrade the tables in ClickHouse',
        (cli) =>
          cli
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
      ),
  );
}
