/** `ooni-api run`: the server, as primary process; with --check-config of any command, only that check. */
import { readAccountSecrets } from '../../config/accountSecrets.ts';
import { apiSchema } from '../../config/api.ts';
import { loadLayers } from '../../config/load.ts';
import { readProbeTokenKeys } from '../../config/probeTokenKeys.ts';
import { openLog } from '../../log/log.ts';
import { type AddCommand, type ConfigArguments, checkedConfig } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import { runPrimary } from '../processes/primary.ts';

/** Some millions of rows are counted in one statement. */
const COUNTING_TIMEOUT_MS = 600_000;

export const addServe: AddCommand = (cli, exit) =>
  cli.command(
    ['$0', 'run'],
    'run the HTTP server',
    (options) => options,
    async (args) => exit(await serve(args)),
  );

export async function serve({
  config: configFile,
  checkConfig,
  show,
}: ConfigArguments): Promise<number> {
  const loaded = loadLayers(configFile, apiSchema);
  const { config } = loaded;
  // Only for a look at the tables; our own database may not exist yet.
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api', { database: 'default' });
  // The workers use them; that credentials are as they should be is known here.
  openObjects(config.s3, configFile).close();
  readAccountSecrets(config, configFile);
  readProbeTokenKeys(config, configFile);
  if (!checkConfig)
    return runPrimary({
      config,
      configFile,
      client,
      healthClient: clickHouseOf(config.clickhouse, configFile, 'ooni-api'),
      countingClient: config.count_days
        ? clickHouseOf(config.clickhouse, configFile, 'ooni-api', {
            requestTimeoutMs: COUNTING_TIMEOUT_MS,
          })
        : undefined,
      log: openLog(config.log_level),
    });
  process.stdout.write(checkedConfig(loaded, show));
  await client.close();
  return EXIT.ok;
}
