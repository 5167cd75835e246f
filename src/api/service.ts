/** The parts of one worker, put together from the configuration: its families of routes on one app. */
import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import type { AccountSecrets } from '../config/accountSecrets.ts';
import type { ApiConfig } from '../config/api.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import type { ObjectStore } from '../edge/objects/store.ts';
import { watchFreeSpace } from '../edge/spool/freeSpace.ts';
import { openSpool } from '../edge/spool/spool.ts';
import { type Log, quiet } from '../log/log.ts';
import { VERSION } from '../program/version.ts';
import { type ApiMetrics, makeMetrics } from './apiMetrics.ts';
import { makeApp } from './app.ts';
import { openDatabase } from './database.ts';
import { openAccounts } from './families/accountFamilies.ts';
import { openData } from './families/dataFamilies.ts';
import { openHelpers } from './families/helperFamilies.ts';
import { openOoniRun } from './families/oonirunFamilies.ts';
import { openPages } from './families/pageFamilies.ts';
import { openProbeServices } from './families/probeFamilies.ts';
import type { SharedParts } from './families/sharedParts.ts';
import { openSubmissions, type StartZstdThread } from './families/submissionFamilies.ts';
import { followGeoip } from './followed/geoip.ts';
import { ALONE, type FollowedSharing } from './followed/sharing.ts';
import { leastRoom, makeHealth } from './health/health.ts';
import type { MicrosecondClock } from './microsecondClock.ts';
import { limitByQuota } from './quotas/quotaMiddleware.ts';
import type { MayMail } from './quotas/sharedMailLimits.ts';
import type { WorkerQuotas } from './quotas/workerQuotas.ts';
import { makeRequests } from './requests.ts';
import type { FamilyGroup } from './routeFamily.ts';
import { operationRoutes } from './routes/operationRoutes.ts';
import { quotaRoutes } from './routes/quotaRoutes.ts';

export interface ServiceParts {
  readonly config: ApiConfig;
  readonly secrets: AccountSecrets;
  readonly client: ClickHouseClient;
  readonly objects: ObjectStore;
  readonly clock: MicrosecondClock;
  /** Of probes' tokens; undefined: this host makes one for itself. */
  readonly probeTokenKeys?: readonly string[] | undefined;
  readonly log: Log;
  readonly startZstdThread: StartZstdThread;
  /** Time of requests, in milliseconds since 1970; the system's where it is not given. */
  readonly nowMs?: () => number;
  /** As Math.random, which it is where it is not given. */
  readonly random?: () => number;
  /** How followed values are shared with other workers; absent: there are none. */
  readonly sharing?: FollowedSharing;
  /** Of all workers together; absent: no limits. */
  readonly quotas?: WorkerQuotas | undefined;
  /** Of all workers together; absent: this process counts for itself. */
  readonly mayMail?: MayMail | undefined;
  /** How often followed values are read anew, where it is not each one's own. */
  readonly refreshMs?: number;
}

/** Counted since the start. */
export interface ServiceStats {
  readonly stored: number;
  /** Whether the disk refused a measurement lately, and took none since. */
  readonly storingFails: boolean;
}

export interface Service {
  readonly app: Koa;
  /** Answers all requests. */
  readonly handler: RequestListener;
  readonly metrics: ApiMetrics;
  /** For the primary process, which asks regularly. */
  stats(): ServiceStats;
  /** Ends what is its own; client and objects are the caller's. */
  close(): Promise<void>;
}

export async function openService(parts: ServiceParts): Promise<Service> {
  const { config, client, clock, log } = parts;
  const metrics = makeMetrics();
  const sharing = parts.sharing ?? ALONE;
  const followLog = sharing.reads ? log : quiet(log);
  const shared: SharedParts = {
    ...parts,
    probeTokenKeys: parts.probeTokenKeys,
    database: openDatabase({
      client,
      limits: {
        timeoutMs: config.query_timeout_ms,
        memoryBytes: config.query_max_memory_bytes,
        rows: config.query_max_rows,
      },
      metrics,
    }),
    spool: await openSpool(config.spool_dir),
    freeSpace: watchFreeSpace(config.spool_dir, leastRoom(config)),
    random: parts.random ?? Math.random,
    sharing,
    followLog,
    refreshMs: parts.refreshMs,
    mayMail: parts.mayMail,
    requests: makeRequests(
      { count: config.trusted_proxies, addresses: config.proxy_addresses },
      parts.nowMs,
    ),
    geoip: followGeoip({ sourcesDir: config.sources_dir, log: followLog }),
    metrics,
  };

  const submissions = openSubmissions(shared, parts.startZstdThread);

  const helpers = await openHelpers(shared);

  const data = openData(shared);

  const pages = openPages(shared, data);

  const accounts = openAccounts(shared);

  const probeServices = openProbeServices(shared, accounts.sessions);

  const oonirun = openOoniRun(shared, accounts, probeServices);

  const { store, hints, memory } = submissions;
  const health = makeHealth({
    spoolDir: config.spool_dir,
    freeSpace: shared.freeSpace,
    clock,
    hints,
    client,
    storingFails: () => store.failing,
  });
  const operations: FamilyGroup = {
    families: [
      // For supervisors, proxies and operators.
      operationRoutes({ health, version: VERSION }),
      quotaRoutes(accounts.sessions, parts.quotas),
    ],
  };

  metrics.collectFrom({ memory, hints, bounds: data.bounds, geoip: shared.geoip });
  const groups: readonly FamilyGroup[] = [
    submissions,
    probeServices,
    helpers,
    data,
    accounts,
    oonirun,
    // Before the greeting that stands at `/` for programs.
    pages,
    operations,
  ];
  const { koa, handler } = makeApp({
    families: groups.flatMap(({ families }) => families),
    faults: pages.faults,
    limit:
      parts.quotas &&
      limitByQuota({
        quotas: parts.quotas,
        requests: shared.requests,
        exempt: new Set(config.quota_exempt_addresses),
        accountOf: accounts.sessions.named,
      }),
    log,
    metrics,
  });
  return {
    app: koa,
    handler,
    metrics,
    stats() {
      // A step of the clock is noticed when the clock is read: not only by the next submission.
      clock.fault();
      return { stored: store.stored, storingFails: store.failing };
    },
    async close() {
      for (const group of groups) await group.close?.();
      shared.geoip.close();
    },
  };
}
