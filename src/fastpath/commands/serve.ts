/** The `run` command: the scoring daemon with its metrics, status and signals. */
import { availableParallelism } from 'node:os';
import { fastpathSchema } from '../../config/fastpath.ts';
import { loadLayers } from '../../config/load.ts';
import { openUnlinker } from '../../edge/spool/unlink/native.ts';
import { openNotifier } from '../../edge/systemd/notify.ts';
import { runtimeFolder } from '../../edge/systemd/runtimeFolder.ts';
import { listenFds } from '../../edge/systemd/sockets.ts';
import { openLog } from '../../log/log.ts';
import { type AddCommand, type ConfigArguments, checkedConfig } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { listenForMetrics } from '../../program/metricsServer.ts';
import { openSpoolAtStart } from '../../program/openProgramSpool.ts';
import { stopSignal } from '../../program/signals.ts';
import { VERSION } from '../../program/version.ts';
import { type Daemon, type DaemonParts, startDaemon } from '../daemon.ts';
import { makeMetrics } from '../fastpathMetrics.ts';
import { endStuckProcess } from '../hungProcess.ts';

type StartThread = DaemonParts['startThread'];

const STATUS_EVERY_MS = 10_000;

export const addServe =
  (startThread: StartThread): AddCommand =>
  (cli, exit) =>
    cli.command(
      ['$0', 'run'],
      'run the scoring daemon',
      (options) => options,
      async (args) => exit(await serve(args, startThread)),
    );

async function serve(
  { config: configFile, checkConfig, show }: ConfigArguments,
  startThread: StartThread,
): Promise<number> {
  const loaded = loadLayers(configFile, fastpathSchema);
  const { config } = loaded;
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-fastpath');
  if (checkConfig) {
    process.stdout.write(checkedConfig(loaded, show));
    await client.close();
    return EXIT.ok;
  }
  // Before anything answers: whoever hears of it may stop it at once.
  const stopped = stopSignal();
  const log = openLog(config.log_level);
  const notifier = openNotifier();
  const metrics = makeMetrics();
  const unlinker = openUnlinker((reason) =>
    log.warning('the native module cannot be used: measurements leave pending/ one by one', {
      reason,
    }),
  );
  const threads = config.workers || availableParallelism();
  let daemon: Daemon | undefined;
  const observed = {
    metrics: () => metrics.registry.metrics(),
    errors: () => daemon?.errors() ?? ['starting'],
  };
  const metricsServer = await listenForMetrics(config.metrics_listen, observed, log);
  const running = await startDaemon({
    config,
    spool: await openSpoolAtStart(config.spool_dir, config.quarantine_max_bytes, unlinker),
    client,
    log,
    metrics,
    threads,
    startThread,
    onStuck: () => endStuckProcess(log),
    notes: runtimeFolder(),
    socketFds: listenFds(),
  });
  daemon = running;
  const statusTimer = setInterval(() => notifier.status(running.status()), STATUS_EVERY_MS);
  notifier.ready();
  notifier.status(running.status());
  log.info('ooni-fastpath started', { version: VERSION, threads, metrics: metricsServer.address });

  const signal = await stopped;
  log.info('stopping: finishing what is in flight', { signal });
  notifier.stopping();
  clearInterval(statusTimer);
  await running.close();
  await metricsServer.close();
  await client.close();
  notifier.close();
  log.info('ooni-fastpath stopped', { status: running.status() });
  return EXIT.ok;
}
