/** ooni-fastpath: wiring of arguments, config and parts. Also the entry of its scoring threads. */
import { availableParallelism } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fastpathSchema } from '../config/fastpath.ts';
import { loadLayers } from '../config/load.ts';
import { openNotifier } from '../edge/systemd/notify.ts';
import { listenFds } from '../edge/systemd/sockets.ts';
import { openLog } from '../log/log.ts';
import {
  type ConfigArguments,
  checkedConfig,
  commandLine,
  FatalError,
  runProgram,
  withConfig,
} from '../program/cli.ts';
import { clickHouseOf } from '../program/clickhouse.ts';
import { EXIT } from '../program/exitCodes.ts';
import { listenForMetrics } from '../program/metricsServer.ts';
import { openSpoolAtStart } from '../program/openProgramSpool.ts';
import { stopSignal } from '../program/signals.ts';
import { VERSION } from '../program/version.ts';
import { replayCommand } from './commands/replay.ts';
import { runScore } from './commands/score.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { makeMetrics } from './fastpathMetrics.ts';
import { endStuckProcess } from './hungProcess.ts';
import { replayOptions } from './replay/replayArguments.ts';
import { isReplayThreadData } from './replay/replayMessages.ts';
import { runReplayThread } from './replay/replayThread.ts';
import { runScoringThread } from './scoringThread.ts';

/** An empty name, of a variable that is not set say, must not mean: no fingerprints. */
function folderName(name: string): string {
  if (name === '')
    throw new FatalError('--fingerprints: expected a folder, found an empty name', EXIT.usage);
  return name;
}

const CONFIG = '/etc/ooni/fastpath.toml';
const STATUS_EVERY_MS = 10_000;

async function serve({ config: configFile, checkConfig, show }: ConfigArguments): Promise<number> {
  const loaded = loadLayers(configFile, fastpathSchema);
  const { config } = loaded;
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-fastpath');
  if (checkConfig) {
    process.stdout.write(checkedConfig(loaded, show));
    await client.close();
    return 0;
  }
  const log = openLog(config.log_level);
  const notifier = openNotifier();
  const metrics = makeMetrics();
  const threads = config.workers || availableParallelism();
  let daemon: Daemon | undefined;
  const observed = {
    metrics: () => metrics.registry.metrics(),
    errors: () => daemon?.errors() ?? ['starting'],
  };
  const metricsServer = await listenForMetrics(config.metrics_listen, observed, log);
  const running = await startDaemon({
    config,
    spool: await openSpoolAtStart(config.spool_dir, config.quarantine_max_bytes),
    client,
    log,
    metrics,
    threads,
    startThread: (resourceLimits) => new Worker(new URL(import.meta.url), { resourceLimits }),
    onStuck: () => endStuckProcess(log),
    socketFds: listenFds(),
  });
  daemon = running;
  const statusTimer = setInterval(() => notifier.status(running.status()), STATUS_EVERY_MS);
  notifier.ready();
  notifier.status(running.status());
  log.info('ooni-fastpath started', { version: VERSION, threads, metrics: metricsServer.address });

  const signal = await stopSignal();
  log.info('stopping: finishing what is in flight', { signal });
  notifier.stopping();
  clearInterval(statusTimer);
  await running.close();
  await metricsServer.close();
  await client.close();
  notifier.close();
  log.info('ooni-fastpath stopped', { status: running.status() });
  return 0;
}

if (isMainThread) {
  await runProgram('ooni-fastpath', (exit) =>
    withConfig(commandLine('ooni-fastpath', 'scores measurements into ClickHouse'), CONFIG)
      .command(
        ['$0', 'run'],
        'run the scoring daemon',
        (cli) => cli,
        async (args) => exit(await serve(args)),
      )
      .command(
        'score',
        'score measurements from standard input: no config, database or network',
        (cli) =>
          cli.option('fingerprints', {
            type: 'string',
            describe: 'folder with fingerprints_dns.csv and fingerprints_http.csv',
          }),
        async (args) =>
          exit(
            await runScore({
              input: process.stdin,
              output: process.stdout,
              ...(args.fingerprints === undefined
                ? {}
                : { fingerprintsDir: folderName(args.fingerprints) }),
            }),
          ),
      )
      .command(
        'replay [files..]',
        'score archived measurements again and replace their rows',
        (cli) => replayOptions(cli),
        async (args) =>
          exit(
            await replayCommand(args, (options) => new Worker(new URL(import.meta.url), options)),
          ),
      ),
  );
} else if (isReplayThreadData(workerData)) {
  runReplayThread(workerData);
} else {
  runScoringThread();
}
