/** The primary process: watches over the workers, speaks to systemd, serves metrics, keeps house. */
import { availableParallelism } from 'node:os';
import { AggregatorRegistry, Gauge, Registry } from 'prom-client';
import type { ApiConfig } from '../../config/api.ts';
import { HEALTH_ERRORS } from '../../core/health/troubles.ts';
import { watchedHelpers } from '../../core/probe/testHelpers.ts';
import { parseQuotaLimits } from '../../core/quotas/quotaTable.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { missingMigrations } from '../../edge/clickhouse/migrate.ts';
import { openHintClient } from '../../edge/hints/hintClient.ts';
import { roomOf, watchFreeSpace } from '../../edge/spool/freeSpace.ts';
import { openNotifier } from '../../edge/systemd/notify.ts';
import { listenFds } from '../../edge/systemd/sockets.ts';
import { errorText, type Log } from '../../log/log.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { listenForMetrics } from '../../program/metricsServer.ts';
import { openSpoolAtStart } from '../../program/openProgramSpool.ts';
import type { MetricsServer, OperatorPage } from '../../program/operatorListener.ts';
import { stopSignal } from '../../program/signals.ts';
import { VERSION } from '../../program/version.ts';
import { leastRoom, makeHealth } from '../health/health.ts';
import { type HealthWatch, healthText, watchHealth } from '../health/healthWatch.ts';
import { makeMicrosecondClock } from '../microsecondClock.ts';
import { mailLimitsOf, serveMailLimits } from '../quotas/sharedMailLimits.ts';
import { makeSharedQuotas, type SharedQuotas } from '../quotas/sharedQuotas.ts';
import { statusPage } from '../status/statusPage.tsx';
import { type DayCounting, startDayCounting } from './dayCounting.ts';
import { type HelperWatch, watchHelpers } from './helperWatch.ts';
import { startHousekeeping } from './housekeeping.ts';
import { startWorkers, type Workers, workerSpawner } from './workers.ts';

export interface PrimaryParts {
  readonly config: ApiConfig;
  readonly configFile: string;
  /** For a look at the tables. */
  readonly client: ClickHouseClient;
  /** Of the database that the workers read. */
  readonly healthClient: ClickHouseClient;
  /** For counting days; absent: another host does. */
  readonly countingClient: ClickHouseClient | undefined;
  readonly log: Log;
}

const STATUS_EVERY_MS = 5_000;
/** After the workers' own time to stop. */
const STOP_GRACE_MS = 5_000;

export async function runPrimary({
  config,
  configFile,
  client,
  healthClient,
  countingClient,
  log,
}: PrimaryParts): Promise<number> {
  const stopped = stopSignal();
  const spool = await openSpoolAtStart(config.spool_dir);
  const count = config.workers || availableParallelism();
  const notifier = openNotifier();
  const sockets = listenFds();
  const housekeeping = startHousekeeping({
    spoolDir: config.spool_dir,
    cacheDir: config.cache_dir,
    log,
  });
  const limits = parseQuotaLimits(config.quotas) ?? [];
  const quotas = limits.length === 0 ? undefined : makeSharedQuotas(limits);
  const mailLimits = mailLimitsOf(config);
  const spawn = workerSpawner({ count, setup: { config, configFile }, listenFds: sockets });
  const workers = startWorkers({
    count,
    spawn(index) {
      const worker = spawn(index);
      quotas?.serve(worker);
      serveMailLimits(mailLimits, worker);
      return worker;
    },
    log,
  });
  const hints = openHintClient(config.fastpath_socket);
  const health = watchHealth(
    makeHealth({
      spoolDir: config.spool_dir,
      freeSpace: watchFreeSpace(config.spool_dir, leastRoom(config)),
      clock: makeMicrosecondClock(),
      hints,
      client: healthClient,
      storingFails: () => workers.storingFails,
    }),
    log,
  );
  const helperWatch = watchHelpers({
    helpers: watchedHelpers(config.test_helpers),
    everyMs: config.test_helpers.watch_every_ms,
    log,
  });
  let metricsServer: MetricsServer | undefined;
  let dayCounting: DayCounting | undefined;
  try {
    metricsServer = await startMetrics(
      {
        config,
        workers,
        count,
        health,
        quotas,
        helperWatch,
        page: statusPage({
          config,
          client: healthClient,
          spool,
          faults: () => health.errors.map((error) => healthText([error])),
          workers: () => ({
            running: workers.running,
            count,
            restarts: workers.restarts,
            stored: workers.stored,
          }),
          version: VERSION,
        }),
        countsAgeSeconds: () => dayCounting?.ageSeconds ?? 0,
      },
      log,
    );
    // Stopped before it began: then there is nothing to wait for.
    await Promise.race([workers.listening, stopped]);
  } catch (error) {
    housekeeping.close();
    helperWatch.close();
    hints.close();
    await workers.stop(0);
    await metricsServer?.close();
    notifier.close();
    throw error;
  }
  const tablesLook = lookAtTables(client, config, log);
  dayCounting = countingClient && startDayCounting(countingClient, log);
  const status = statusText(workers, count, health);
  const statusTimer = setInterval(
    () => void health.look().then(() => notifier.status(status())),
    STATUS_EVERY_MS,
  );
  notifier.ready();
  notifier.status(status());
  log.info('ooni-api started', {
    version: VERSION,
    listen: sockets.length === 0 ? config.listen : `sockets of systemd: ${sockets.length}`,
    workers: count,
    metrics: metricsServer.address,
  });

  const signal = await stopped;
  log.info('stopping: finishing the requests in flight', { signal });
  notifier.stopping();
  clearInterval(statusTimer);
  housekeeping.close();
  helperWatch.close();
  quotas?.close();
  hints.close();
  await workers.stop(config.shutdown_timeout_ms + STOP_GRACE_MS);
  await metricsServer.close();
  await tablesLook.close();
  await healthClient.close();
  await dayCounting?.close();
  notifier.close();
  log.info('ooni-api stopped', { stored: workers.stored });
  return EXIT.ok;
}

/** One line for `systemctl status`. */
function statusText(workers: Workers, count: number, health: HealthWatch): () => string {
  let before = { stored: 0, atMs: performance.now() };
  return () => {
    const now = { stored: workers.stored, atMs: performance.now() };
    const seconds = Math.max(1, (now.atMs - before.atMs) / 1000);
    const rate = ((now.stored - before.stored) / seconds).toFixed(1);
    before = now;
    const wrong = health.errors.length === 0 ? '' : `; ${healthText(health.errors)}`;
    return `${now.stored} measurements stored, ${rate} per second, ${workers.running} of ${count} workers${wrong}`;
  };
}

async function startMetrics(
  parts: {
    readonly config: ApiConfig;
    readonly workers: Workers;
    readonly count: number;
    readonly health: HealthWatch;
    readonly quotas: SharedQuotas | undefined;
    readonly helperWatch: HelperWatch;
    readonly page: OperatorPage;
    readonly countsAgeSeconds: () => number;
  },
  log: Log,
): Promise<MetricsServer> {
  const { config, workers, count, health, quotas, helperWatch, page } = parts;
  const own = new Registry();
  const registers = [own];
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  gauge('ooni_api_workers', 'Worker processes that listen', () => workers.running);
  gauge('ooni_api_worker_restarts', 'Workers started again', () => workers.restarts);
  gauge(
    'ooni_api_spool_free_bytes',
    'Space left for measurements',
    async () => (await roomOf(config.spool_dir)).freeBytes,
  );
  gauge(
    'ooni_api_spool_min_free_bytes',
    'Space below which submissions are refused',
    () => config.min_free_bytes,
  );
  gauge(
    'ooni_api_spool_free_inodes',
    'Inodes left for measurements',
    async () => (await roomOf(config.spool_dir)).freeInodes,
  );
  gauge(
    'ooni_api_spool_min_free_inodes',
    'Inodes below which submissions are refused',
    () => config.min_free_inodes,
  );
  if (config.count_days)
    gauge(
      'ooni_api_day_counts_age_seconds',
      'Time since all days were looked through for counting',
      parts.countsAgeSeconds,
    );
  gauge(
    'ooni_api_quota_clients',
    'Clients that have not all of their quota now',
    () => quotas?.clients ?? 0,
  );
  new Gauge({
    name: 'ooni_api_health_errors',
    help: '1 while /health tells this error',
    labelNames: ['error'],
    registers,
    collect() {
      for (const error of HEALTH_ERRORS) this.set({ error }, health.errors.includes(error) ? 1 : 0);
    },
  });
  new Gauge({
    name: 'ooni_api_test_helper_reachable',
    help: '1 while this test helper answers this host, else 0; none before it was asked',
    labelNames: ['helper', 'address'],
    registers,
    collect() {
      for (const { name, address, reachable } of helperWatch.state)
        this.set({ helper: name, address }, reachable ? 1 : 0);
    },
  });
  const metrics = async () => {
    const ofWorkers = AggregatorRegistry.aggregate(await workers.metrics());
    return `${await own.metrics()}\n${await ofWorkers.metrics()}`;
  };
  const errors = () => (workers.running < count ? ['workers_missing'] : []);
  const more = { '/api/_/quotas_summary': () => quotas?.summary() ?? [] };
  return listenForMetrics(config.metrics_listen, { metrics, errors, more, page }, log);
}

/**
 * Says when tables are missing. Measurements are received without a database, so that is no reason not to start.
 * `close` ends the look: a database that hangs must not keep a process that has stopped, and its sockets, waiting.
 */
function lookAtTables(
  client: ClickHouseClient,
  { clickhouse: { url, database } }: ApiConfig,
  log: Log,
): { close(): Promise<void> } {
  let closed = false;
  const look = async () => {
    try {
      const missing = await missingMigrations(client, database);
      if (missing.length > 0)
        log.err('tables are missing or old: run `ooni-api migrate`', {
          clickhouse: url,
          migrations: missing.join(','),
        });
    } catch (error) {
      if (closed) return;
      log.warning('ClickHouse cannot be reached: receiving, but searches fail', {
        clickhouse: url,
        error: errorText(error),
      });
    } finally {
      await client.close();
    }
  };
  void look();
  return {
    close() {
      closed = true;
      return client.close();
    },
  };
}
