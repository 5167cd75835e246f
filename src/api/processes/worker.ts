/** A worker process: answers requests until the primary tells it to stop. */
import { readAccountSecrets } from '../../config/accountSecrets.ts';
import { splitAddress } from '../../config/common.ts';
import { ConfigError } from '../../config/load.ts';
import { readProbeTokenKeys } from '../../config/probeTokenKeys.ts';
import { type ListenAt, serveHttp } from '../../edge/http/httpServer.ts';
import { errorText, openLog } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import { makeWorkerSharing } from '../followed/sharing.ts';
import { makeMicrosecondClock } from '../microsecondClock.ts';
import { makeWorkerMailLimits } from '../quotas/sharedMailLimits.ts';
import { makeWorkerQuotas } from '../quotas/workerQuotas.ts';
import { openService, type Service, type ServiceParts } from '../service.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './workerMessages.ts';

interface Opened {
  readonly service: Service;
  /** As of HttpServer, for all sockets. */
  stop(timeoutMs: number): Promise<number>;
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
  const quotas =
    setup.config.quotas === ''
      ? undefined
      : makeWorkerQuotas({ tell: (report) => void tell(report), nowMs: Date.now });
  const mailLimits = makeWorkerMailLimits((question) => void tell(question));
  const sharing = makeWorkerSharing({
    reads: setup.lane.index === 0,
    tell: (news) => void tell(news),
  });
  const {
    service,
    stop: stopServing,
    close,
  } = await open(setup, { startZstdThread, quotas, mayMail: mailLimits.mayMail, sharing }).catch(
    giveUp,
  );

  const tellStats = () => tell({ kind: 'stats', ...service.stats() });
  const statsTimer = setInterval(tellStats, STATS_EVERY_MS);
  const stop = async () => {
    clearInterval(statsTimer);
    const cutOff = await stopServing(setup.config.shutdown_timeout_ms);
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
      case 'quotas':
      case 'quotas_summary':
        quotas?.heard(message);
        break;
      case 'followed':
        sharing.heard(message);
        break;
      case 'may_mail':
        mailLimits.heard(message);
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
  { config, configFile, listenFds, lane }: WorkerSetup,
  parts: Pick<ServiceParts, 'startZstdThread' | 'quotas' | 'mayMail' | 'sharing'>,
): Promise<Opened> {
  const log = openLog(config.log_level);
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api', {
    maxConnections: MAX_CONNECTIONS,
  });
  const objects = openObjects(config.s3, configFile);
  const service = await openService({
    config,
    secrets: readAccountSecrets(config, configFile),
    client,
    objects,
    clock: makeMicrosecondClock(lane),
    probeTokenKeys: readProbeTokenKeys(config, configFile),
    log,
    ...parts,
  });
  const { handler } = service;
  const listen = (where: string, at: ListenAt) =>
    serveHttp(handler, at, log).catch((error) => {
      throw new FatalError(`cannot listen on ${where}`, EXIT.unavailable, { cause: error });
    });
  // Our own copies of systemd's sockets: they outlive us, with the connections that wait in them.
  const servers = await Promise.all(
    listenFds.length === 0
      ? [listen(config.listen, splitAddress(config.listen))]
      : listenFds.map((fd) => listen('a socket of systemd', { fd })),
  );
  return {
    service,
    async stop(timeoutMs) {
      const cutOff = await Promise.all(servers.map((server) => server.stop(timeoutMs)));
      return cutOff.reduce((sum, requests) => sum + requests, 0);
    },
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
