/** The parts of one worker, put together from the configuration. */
import type Koa from 'koa';
import type { ApiConfig } from '../config/api.ts';
import { parsePublicKey } from '../core/archive/note.ts';
import { ENDPOINTS } from '../core/endpoints/registry.ts';
import { MAX_BODY_BYTES } from '../core/measurement/sizes.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { openHintClient } from '../edge/hints/hintClient.ts';
import { makeMemoryBudget } from '../edge/http/memory.ts';
import type { ObjectStore } from '../edge/objects/store.ts';
import { watchFreeSpace } from '../edge/spool/freeSpace.ts';
import { openSeen } from '../edge/spool/seen.ts';
import { openSpool } from '../edge/spool/spool.ts';
import { makeZstdDecompressor } from '../edge/zstd/decompressor.ts';
import type { Log } from '../log/log.ts';
import { VERSION } from '../program/version.ts';
import { type ApiMetrics, makeMetrics } from './apiMetrics.ts';
import { makeApp } from './app.ts';
import { openArchive } from './bodies/archive.ts';
import { makeBodyBounds } from './bodies/bounded.ts';
import { openObjectCache } from './bodies/cache.ts';
import { openOtherHosts } from './bodies/hosts.ts';
import { makeBodyLookup } from './bodies/lookup.ts';
import { makeBodyTexts } from './bodies/texts.ts';
import { openDatabase } from './database.ts';
import { leastRoom, makeHealth } from './health/health.ts';
import type { MicrosecondClock } from './microsecondClock.ts';
import type { WorkerStats } from './processes/workerMessages.ts';
import { makeStorageTrouble } from './routes/submission/storageFaults.ts';
import { makeBodyReader } from './routes/submission/submissionBody.ts';
import { makeReceiver } from './routes/submission/submissionStore.ts';

export interface ServiceParts {
  readonly config: ApiConfig;
  readonly client: ClickHouseClient;
  readonly objects: ObjectStore;
  readonly clock: MicrosecondClock;
  readonly log: Log;
  readonly startZstdThread: Parameters<typeof makeZstdDecompressor>[0]['startThread'];
  /** Time of requests for data, in milliseconds since 1970; the clock's where it is not given. */
  readonly nowMs?: () => number;
}

export interface Service {
  readonly app: Koa;
  readonly metrics: ApiMetrics;
  /** For the primary process, which asks regularly. */
  stats(): WorkerStats;
  /** Ends what is its own; client and objects are the caller's. */
  close(): Promise<void>;
}

/** A thread may have to start on a busy machine; its work has a budget by its size beside this. */
const ZSTD_BASE_BUDGET_MS = 3_000;

export async function openService(parts: ServiceParts): Promise<Service> {
  const { config, client, objects, clock, log } = parts;
  const metrics = makeMetrics();
  const spool = await openSpool(config.spool_dir);
  const hints = openHintClient(config.fastpath_socket);
  const zstd = makeZstdDecompressor({
    startThread: parts.startZstdThread,
    baseBudgetMs: ZSTD_BASE_BUDGET_MS,
  });
  const memory = makeMemoryBudget(config.max_inflight_bytes);
  const database = openDatabase({ client, queryTimeoutMs: config.query_timeout_ms, metrics });
  const cache = openObjectCache({
    objects,
    dir: config.cache_dir,
    maxBytes: config.cache_max_bytes,
    log,
  });
  // Not the bound on submissions: what was accepted under a larger one must stay readable.
  const maxReadBytes = MAX_BODY_BYTES;
  // Compressed and decompressed, a body is in memory twice: one that never fits is too large, not
  // something to try again.
  const maxBodyBytes = Math.min(config.max_body_bytes, Math.floor(config.max_inflight_bytes / 2));
  const archive = openArchive({ database, objects, cache, maxBodyBytes: maxReadBytes, log });
  const hosts = openOtherHosts({
    hosts: config.other_hosts,
    timeoutMs: config.other_hosts_timeout_ms,
    maxBytes: maxReadBytes,
    log,
  });
  const bounds = makeBodyBounds(makeMemoryBudget(config.max_inflight_bytes));
  metrics.collectFrom({ memory, hints, bounds });
  const freeSpace = watchFreeSpace(config.spool_dir, leastRoom(config));
  const receiver = makeReceiver({
    spool,
    seen: openSeen(config.spool_dir),
    hints,
    clock,
    log,
    metrics,
    trouble: makeStorageTrouble(log),
    freeSpace,
  });
  const health = makeHealth({
    spoolDir: config.spool_dir,
    freeSpace,
    clock,
    hints,
    client,
    storingFails: () => receiver.failing,
  });
  const lookup = makeBodyLookup({ spool, hosts, archive, metrics, log });
  const app = makeApp({
    collectorId: config.collector_id,
    logVerifier: parsePublicKey(config.log_public_key ?? ''),
    baseUrl: config.base_url.replace(/\/+$/, ''),
    version: VERSION,
    bodies: makeBodyReader({
      maxBodyBytes,
      maxBodyRatio: config.max_body_ratio,
      ratioFromBytes: config.body_ratio_from_bytes,
      minBytesPerSecond: config.min_body_bytes_per_second,
      memory,
      zstd,
      metrics,
    }),
    receiver,
    clock,
    health,
    database,
    objects,
    lookup,
    endpoints: ENDPOINTS,
    bodyTexts: makeBodyTexts(lookup, bounds),
    nowMs: parts.nowMs ?? Date.now,
    bounds,
    spool,
    log,
    metrics,
  });
  return {
    app,
    metrics,
    stats() {
      // A step of the clock is noticed when the clock is read: not only by the next submission.
      clock.fault();
      return { stored: receiver.stored, storingFails: receiver.failing };
    },
    async close() {
      hints.close();
      await zstd.close();
    },
  };
}
