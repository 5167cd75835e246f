/** The api's service in the test's own process, on a free port, with a spool and archive of its own. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MicrosecondClock, makeMicrosecondClock } from '../../src/api/microsecondClock.ts';
import { openService, type Service, type ServiceParts } from '../../src/api/service.ts';
import type { AccountSecrets } from '../../src/config/accountSecrets.ts';
import { type ApiConfig, apiSchema } from '../../src/config/api.ts';
import {
  type ClickHouseClient,
  openClickHouse,
} from '../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { serveHttp } from '../../src/edge/http/httpServer.ts';
import { openFolder } from '../../src/edge/objects/folder.ts';
import type { ObjectStore } from '../../src/edge/objects/store.ts';
import { makeLog } from '../../src/log/log.ts';
import { startZstdThread } from '../edge/zstd/zstdThread.ts';
import { PROGRAM_USER, startClickHouse } from '../support/clickhouse.ts';

export interface TestService {
  readonly url: string;
  readonly config: ApiConfig;
  readonly spoolDir: string;
  readonly objects: ObjectStore;
  readonly client: ClickHouseClient;
  /** What the service logged. */
  readonly lines: string[];
  readonly service: Service;
  close(): Promise<void>;
}

type Teardown = { teardown(step: () => unknown): unknown };

export async function startService(
  t: Teardown,
  options: {
    readonly clickhouseUrl?: string;
    readonly config?: Record<string, unknown>;
    readonly objects?: (folder: ObjectStore) => ObjectStore;
    readonly clock?: MicrosecondClock;
    readonly secrets?: Partial<AccountSecrets>;
    /** Time of requests for data. */
    readonly quotas?: ServiceParts['quotas'];
    readonly nowMs?: () => number;
    readonly random?: () => number;
    readonly refreshMs?: number;
    readonly sharing?: ServiceParts['sharing'];
    readonly probeTokenKeys?: readonly string[];
  } = {},
): Promise<TestService> {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-api-'));
  const config = apiSchema.parse({
    collector_id: '1',
    base_url: 'https://api.example.org',
    spool_dir: join(dir, 'spool'),
    fastpath_socket: join(dir, 'fastpath.sock'),
    cache_dir: join(dir, 'cache'),
    sources_dir: join(dir, 'sources'),
    state_dir: join(dir, 'state'),
    clickhouse: { url: options.clickhouseUrl ?? 'http://127.0.0.1:1' },
    s3: { bucket: `file://${dir}/archive` },
    ...options.config,
  });
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) });
  const client = openClickHouse({
    url: config.clickhouse.url,
    database: config.clickhouse.database,
    username: PROGRAM_USER,
    password: '',
    requestTimeoutMs: config.clickhouse.request_timeout_ms,
    application: 'ooni-api-test',
  });
  const folder = openFolder(join(dir, 'archive'));
  const objects = options.objects?.(folder) ?? folder;
  const service = await openService({
    config,
    secrets: { accountKeys: undefined, smtpPassword: undefined, ...options.secrets },
    client,
    objects,
    clock: options.clock ?? makeMicrosecondClock(),
    log,
    startZstdThread,
    probeTokenKeys: options.probeTokenKeys,
    quotas: options.quotas,
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(options.sharing === undefined ? {} : { sharing: options.sharing }),
    ...(options.refreshMs === undefined ? {} : { refreshMs: options.refreshMs }),
  });
  const http = await serveHttp(service.handler, { host: '127.0.0.1', port: 0 }, log);
  const { port } = http.server.address() as AddressInfo;
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await http.stop(0);
    await service.close();
    await client.close();
    rmSync(dir, { recursive: true, force: true });
  };
  t.teardown(close);
  return {
    url: `http://127.0.0.1:${port}`,
    config,
    spoolDir: config.spool_dir,
    objects,
    client,
    lines,
    service,
    close,
  };
}

/** The real engine with all tables. */
export async function startDatabase(t: Teardown): Promise<string> {
  const clickhouse = await startClickHouse();
  t.teardown(() => clickhouse.stop());
  const admin = openClickHouse({
    url: clickhouse.url,
    database: 'default',
    username: PROGRAM_USER,
    password: '',
    requestTimeoutMs: 30_000,
    application: 'ooni-api-test',
  });
  await migrate(admin, 'ooni');
  await admin.close();
  return clickhouse.url;
}

/** Files below a folder, relative and sorted; those of repeated submissions left out. */
export function filesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely.
  readonly json: any;
}

export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

export function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const bytes =
    body instanceof Uint8Array
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // As real probes do it: without Content-Type.
  return ask(url, { method: 'POST', body: new Blob([bytes as Uint8Array<ArrayBuffer>]), headers });
}

/** A measurement that every check lets pass. */
export const CONTENT = {
  test_name: 'web_connectivity',
  probe_cc: 'IT',
  probe_asn: 'AS30722',
  input: 'https://example.org/',
  software_name: 'ooniprobe-cli',
  software_version: '3.29.1',
  measurement_start_time: '2026-08-21 10:15:01',
  test_start_time: '2026-08-21 10:14:58',
  test_keys: {},
};

export const REPORT_ID = '20260821T101502Z_webconnectivity_IT_30722_n1_q5N5YSTWEqHYDo9v';
