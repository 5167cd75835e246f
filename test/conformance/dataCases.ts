/** Requests to the data API with the answers that they must get, on a real engine with given tables. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Router from '@koa/router';
import { DESCRIBED_ROUTES } from '../../src/core/endpoints/described.ts';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';
import {
  type ClickHouseClient,
  openClickHouse,
} from '../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { startService } from '../api/support.ts';
import { PROGRAM_USER } from '../support/clickhouse.ts';
import { answerDifferences, type Comparison } from './goldenAnswers.ts';

export interface DataCase {
  readonly name: string;
  readonly why: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly expected: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly text?: string;
  };
  readonly compare: Comparison;
}

export interface DataSet {
  /** Of its own: no set sees the rows of another. */
  readonly database: string;
  /** Folder of `<table>.jsonl`; tables that there are not are left out. */
  readonly tables: string;
  /** Where the tables are to be on one. */
  readonly cluster?: string;
  readonly cases: readonly DataCase[];
}

const SAMPLE = fileURLToPath(new URL('sample/data/', import.meta.url));

/** The project's own, worked out by hand. */
export function sampleSet(): DataSet {
  return {
    database: 'ooni_sample',
    tables: path.join(SAMPLE, 'tables'),
    cases: JSON.parse(readFileSync(path.join(SAMPLE, 'cases.json'), 'utf8')) as DataCase[],
  };
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Requests that no route answers. */
  readonly leftOut: number;
}

/** The time at which the requests are asked. */
const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
/** Where links in the answers point. */
const BASE_URL = 'https://api.ooni.io';

const routes = new Router();
for (const route of [...DESCRIBED_ROUTES, ...ENDPOINTS])
  routes.register(route.path, [route.method], () => {});

/** `say` is called with what differs. */
export async function runDataSet(
  clickhouseUrl: string,
  { database, tables, cluster, cases }: DataSet,
  say: (line: string) => void,
): Promise<Outcome> {
  const stops: (() => unknown)[] = [];
  try {
    await makeTables(clickhouseUrl, database, cluster);
    const { url, client } = await startService(
      { teardown: (step) => stops.unshift(step) },
      {
        config: { base_url: BASE_URL, clickhouse: { url: clickhouseUrl, database } },
        nowMs: () => NOW_MS,
      },
    );
    await load(client, tables);
    const served = cases.filter(
      ({ request }) => routes.match(new URL(request.path, BASE_URL).pathname, 'GET').route,
    );
    let failed = 0;
    for (const one of served) {
      const lines = await faults(url, one);
      if (lines.length === 0) continue;
      failed++;
      say(`FAILED ${one.name}: ${one.why}\n${lines.map((line) => `    ${line}`).join('\n')}`);
    }
    return { passed: served.length - failed, failed, leftOut: cases.length - served.length };
  } finally {
    for (const stop of stops) await stop();
  }
}

async function makeTables(
  url: string,
  database: string,
  cluster: string | undefined,
): Promise<void> {
  const admin = openClickHouse({
    url,
    database: 'default',
    username: PROGRAM_USER,
    password: '',
    requestTimeoutMs: 60_000,
    application: 'ooni-conformance',
  });
  try {
    await migrate(admin, database, { cluster });
  } finally {
    await admin.close();
  }
}

async function load(client: ClickHouseClient, folder: string): Promise<void> {
  const present = await client.query({
    query: 'SELECT name FROM system.tables WHERE database = currentDatabase()',
    format: 'JSONEachRow',
  });
  const tables = new Set((await present.json<{ name: string }>()).map(({ name }) => name));
  for (const file of readdirSync(folder)) {
    const table = path.basename(file, '.jsonl');
    if (!tables.has(table)) continue;
    const lines = readFileSync(path.join(folder, file), 'utf8').trim().split('\n');
    await client.insert({
      table,
      values: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
      format: 'JSONEachRow',
      clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    });
  }
}

async function faults(base: string, { request, expected, compare }: DataCase): Promise<string[]> {
  const response = await fetch(base + request.path, {
    method: request.method,
    headers: { 'user-agent': 'conformance', ...request.headers },
    redirect: 'manual',
  });
  const text = await response.text();
  const found: string[] = [];
  if (response.status !== expected.status)
    found.push(`status: expected ${expected.status}, found ${response.status}`);
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    if (response.headers.get(name) !== value)
      found.push(`${name}: expected ${value}, found ${response.headers.get(name)}`);
  if (expected.text !== undefined && text !== expected.text)
    found.push(`text: expected ${JSON.stringify(expected.text)}, found ${JSON.stringify(text)}`);
  if (expected.body !== undefined) {
    try {
      found.push(...answerDifferences(expected.body, JSON.parse(text), compare));
    } catch {
      found.push(`not JSON: ${text.slice(0, 80)}`);
    }
  }
  return found;
}
