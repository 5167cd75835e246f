/**
 * What a page for people costs beyond its queries: the time to its first byte, less the time in which the database
 * was asked. `make bench` prints it; the aim is less than 50 ms.
 */
import { startService } from '../test/api/support.ts';
import { startClickHouse } from '../test/support/clickhouse.ts';
import { makeDatabase } from '../test/uploader/fixture.ts';
import { median } from './support/median.ts';

const ROWS = 20_000;
const TIMES = 15;
const NOW_MS = Date.parse('2026-08-21T12:00:00Z');
const UID = '20260820101503.000000_IT_webconnectivity_0123456789abcdef';
const PAGES = [
  '/',
  '/ui/search',
  '/ui/chart',
  '/ui/chart?axis_x=probe_cc&axis_y=test_name',
  `/ui/measurement/${UID}`,
  '/ui/country/IT',
  '/ui/findings',
  '/ui/archive',
  '/ui/api',
];

const steps: (() => unknown)[] = [];
const clickhouse = await startClickHouse();
const database = await makeDatabase(clickhouse.url);
const api = await startService(
  { teardown: (step) => steps.push(step) },
  { config: { clickhouse: { url: clickhouse.url, database } }, nowMs: () => NOW_MS },
);
await api.client.insert({
  table: 'fastpath',
  format: 'JSONEachRow',
  values: Array.from({ length: ROWS }, (_, serial) => ({
    measurement_uid: UID.replace('000000', String(serial).padStart(6, '0')),
    report_id: 'r',
    input: `https://site${serial % 300}.example.org/`,
    probe_cc: ['IT', 'DE', 'FR', 'BR', 'IN'][serial % 5],
    probe_asn: 64_500 + (serial % 40),
    test_name: serial % 4 === 0 ? 'signal' : 'web_connectivity',
    test_start_time: '2026-08-20 10:15:03',
    measurement_start_time: `2026-08-${String(1 + (serial % 20)).padStart(2, '0')} 10:15:03`,
    domain: `site${serial % 300}.example.org`,
    anomaly: serial % 5 === 0 ? 't' : 'f',
    confirmed: serial % 10 === 0 ? 't' : 'f',
    msm_failure: serial % 7 === 0 ? 't' : 'f',
    scores: '{}',
  })),
});

/** Time in which at least one query ran, since the last look. */
let running = 0;
let beganMs = 0;
let askedMs = 0;
const query = api.client.query.bind(api.client);
api.client.query = (async (parameters: Parameters<typeof query>[0]) => {
  if (running++ === 0) beganMs = performance.now();
  const ended = () => {
    if (--running === 0) askedMs += performance.now() - beganMs;
  };
  try {
    const result = await query(parameters);
    // Pages wait for whole answers: their headers come when all is known.
    ended();
    return result;
  } catch (error) {
    ended();
    throw error;
  }
}) as typeof api.client.query;

/** Milliseconds to the first byte, and of these in queries. */
async function once(path: string): Promise<{ firstMs: number; queriesMs: number }> {
  askedMs = 0;
  const startMs = performance.now();
  const response = await fetch(api.url + path, { headers: { Accept: 'text/html' } });
  const firstMs = performance.now() - startMs;
  await response.arrayBuffer();
  return { firstMs, queriesMs: askedMs };
}

console.log('page                                          first byte   queries   over them');
for (const path of PAGES) {
  await once(path);
  const runs: Awaited<ReturnType<typeof once>>[] = [];
  for (let time = 0; time < TIMES; time++) runs.push(await once(path));
  const column = (of: (run: (typeof runs)[number]) => number) =>
    `${median(runs.map(of)).toFixed(1).padStart(7)} ms`;
  console.log(
    `${path.slice(0, 44).padEnd(44)} ${column((run) => run.firstMs)} ${column((run) => run.queriesMs)} ${column((run) => run.firstMs - run.queriesMs)}`,
  );
}
for (const step of steps.reverse()) await step();
await clickhouse.stop();
