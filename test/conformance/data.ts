/**
 * Asks the golden requests of the data API on a real engine that holds the golden tables, at the golden
 * time, and compares: `node --import=tsx test/conformance/data.ts [name prefix]`.
 *
 * The cases are no part of this project. They are read from `$OONI_SHARED/golden/data`, by default
 * `../shared/golden/data` beside the project, and skipped when they are not there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Router from '@koa/router';
import { DESCRIBED_ROUTES } from '../../src/core/endpoints/described.ts';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';
import type { ClickHouseClient } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { startDatabase, startService } from '../api/support.ts';
import { answerDifferences, type Comparison } from './goldenAnswers.ts';

interface Case {
  readonly name: string;
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

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = path.resolve(process.env.OONI_SHARED ?? path.join(ROOT, '../shared'));
const GOLDEN = path.join(SHARED, 'golden/data');
/** The time at which the answers were made. */
const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
/** Where links in the golden answers point. */
const BASE_URL = 'https://api.ooni.io';

const routes = new Router();
for (const route of [...DESCRIBED_ROUTES, ...ENDPOINTS])
  routes.register(route.path, [route.method], () => {});

async function load(client: ClickHouseClient): Promise<void> {
  const present = await client.query({
    query: 'SELECT name FROM system.tables WHERE database = currentDatabase()',
    format: 'JSONEachRow',
  });
  const tables = new Set((await present.json<{ name: string }>()).map(({ name }) => name));
  for (const file of readdirSync(path.join(GOLDEN, 'tables'))) {
    const table = path.basename(file, '.jsonl');
    if (!tables.has(table)) continue;
    const lines = readFileSync(path.join(GOLDEN, 'tables', file), 'utf8')
      .trim()
      .split('\n');
    await client.insert({
      table,
      values: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
      format: 'JSONEachRow',
      clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    });
  }
}

async function faults(base: string, golden: Case): Promise<string[]> {
  const { request, expected, compare } = golden;
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

async function main(prefix = ''): Promise<number> {
  if (!existsSync(GOLDEN)) {
    console.log(`skipped: no golden requests at ${GOLDEN} (set OONI_SHARED to where they are)`);
    return 0;
  }
  const stops: (() => unknown)[] = [];
  const scope = { teardown: (step: () => unknown) => stops.unshift(step) };
  try {
    const clickhouseUrl = await startDatabase(scope);
    const { url, client } = await startService(scope, {
      clickhouseUrl,
      config: { base_url: BASE_URL },
      nowMs: () => NOW_MS,
    });
    await load(client);
    const cases = readdirSync(path.join(GOLDEN, 'visible'))
      .filter((name) => name.endsWith('.json') && name.startsWith(prefix))
      .sort()
      .map((name) => {
        const text = readFileSync(path.join(GOLDEN, 'visible', name), 'utf8');
        return JSON.parse(text) as Case;
      });
    // What no route answers yet is nobody's fault.
    const served = cases.filter(
      ({ request }) => routes.match(new URL(request.path, BASE_URL).pathname, 'GET').route,
    );
    let failed = 0;
    for (const golden of served) {
      const lines = await faults(url, golden);
      if (lines.length === 0) continue;
      failed++;
      console.log(`FAILED ${golden.name}\n${lines.map((line) => `    ${line}`).join('\n')}`);
    }
    console.log(
      `${cases.length - served.length} requests of endpoints that are not built left out`,
    );
    console.log(`${served.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    for (const stop of stops) await stop();
  }
}

process.exitCode = await main(process.argv[2]);
