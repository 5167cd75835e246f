/** A worker process: answers requests until the primary tells it to stop. */
import { splitAddress } from '../config/common.ts';
import { ConfigError } from '../config/load.ts';
import { type HttpServer, serveHttp } from '../edge/http/server.ts';
import { errorText, openLog } from '../log/log.ts';
import { FatalError } from '../program/cli.ts';
import { clickHouseOf } from '../program/clickhouse.ts';
import { EXIT } from '../program/exitCodes.ts';
import { openObjects } from '../program/objects.ts';
import { makeMicrosecondClock } from './clock.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import { openService, type Service, type ServiceParts } from './service.ts';

interface Opened {
  readonly service: Service;
  readonly http: HttpServer;
  close(): Promise<void>;
}

const STATS_EVERY_MS = 1_000;
/** Queries that one worker has open at once; more wait. */
const MAX_CONNECTIONS = 32;

export async function runWorker(
  setup: WorkerSetup,
  startZstdThread: ServiceParts['startZstdThread'],
): Promise<void> {
  // systemd and terminals signal the whole group; the primary decides.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  const { service, http, close } = await open(setup, startZstdThread).catch(giveUp);

  const tellStats = () => tell({ kind: 'stats', ...service.stats() });
  const statsTimer = setInterval(tellStats, STATS_EVERY_MS);
  const stop = async () => {
    clearInterval(statsTimer);
    const cutOff = await http.stop(setup.config.shutdown_timeout_ms);
    if (cutOff > 0)
      openLog(setup.config.log_level).warning('stopped before all requests were answered', {
        requests: cutOff,
      });
    await close();
    await tellStats();
    process.exit(EXIT.ok);
  };
  process.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'stop':
        void stop();
        break;
      case 'metrics':
        void service.metrics.registry
          .getMetricsAsJSON()
          .then((metrics) => tell({ kind: 'metrics', number: message.number, metrics }));
    }
  });
  // The primary is gone: nobody would start us again or stop us.
  process.once('disconnect', () => void stop());
  await tell({ kind: 'listening' });
}

async function open(
  { config, configFile, listenFd, lane }: WorkerSetup,
  startZstdThread: ServiceParts['startZstdThread'],
): Promise<Opened> {
  const log = openLog(config.log_level);
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api', {
    maxConnections: MAX_CONNECTIONS,
  });
  const objects = openObjects(config.s3, configFile);
  const service = await openService({
    config,
    client,
    objects,
    clock: makeMicrosecondClock(lane),
    log,
    startZstdThread,
  });
  const [where, at] =
    listenFd === undefined
      ? [config.listen, splitAddress(config.listen)]
      : // Our own copy of systemd's socket: it outlives us, with the connections that wait in it.
        ['the socket of systemd', { fd: listenFd }];
  const http = await serveHttp(service.app.callback(), at).catch((error) => {
    throw new FatalError(`cannot listen on ${where}`, EXIT.unavailable, { cause: error });
  });
  return {
    service,
    http,
    async close() {
      await service.close();
      await client.close();
      objects.close();
    },
  };
}

/** The primary knows whether to end with this or to try again. */
async function giveUp(error: unknown): Promise<never> {
  const exitCode =
    error instanceof FatalError
      ? error.exitCode
      : error instanceof ConfigError
        ? EXIT.config
        : EXIT.bug;
  await tell({ kind: 'unable', reason: errorText(error), exitCode });
  process.exit(exitCode);
}

/** Resolves when the message is on its way; one that cannot be sent has no reader. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
