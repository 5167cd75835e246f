/**
 * ooni-fastpath as a process against the real engine: how fast a backlog drains, in what memory, and
 * (with ooni-api in front) how soon a row is visible after the 200.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { webConnectivityKeys } from '../scripts/run/measurements.ts';
import { startStack } from '../scripts/run/stack.ts';
import { makeMeasurementUid } from '../src/core/measurement/measurementUid.ts';
import { measurementText, submit } from '../test/path/submit.ts';
import { cpuSeconds } from './support/apiProcess.ts';
import { reportRow } from './support/report.ts';

const BACKLOG = Number(process.env.BENCH_BACKLOG ?? 200_000);
const SUBMISSIONS_PER_S = 200;
const LATENCY_SECONDS = 15;
/** Makes a measurement one of 2 KB. */
const PAGE = '<p>Hello from the page</p>\n'.repeat(42);

const stateDir = resolve('.run/bench-fastpath');
rmSync(stateDir, { recursive: true, force: true });
const stack = await startStack({ stateDir, logs: 'files' });
const say = (text: string) => process.stdout.write(`${text}\n`);
say(
  `\n# fastpath on ${hostname()}: ${cpus()[0]?.model}, ${cpus().length} cores, node ${process.version}`,
);

const { uids, bytes } = await makeBacklog();
say(`backlog: ${uids} measurements, ${(bytes / 1e6).toFixed(0)} MB`);
const parseUs = parsingUs();
let fastpath = await stack.startFastpath();
let peakRssMb = 0;
const startedAt = performance.now();
/** The first count of what is left, a quarter of the backlog later: its start is not counted. */
let warm: { readonly left: number; readonly cpuS: number } | undefined;
for (let left = uids; left > 0; ) {
  await sleep(500);
  const cpuS = cpuSeconds(fastpath.process.pid!);
  left = readdirSync(join(stack.spoolDir, 'pending')).length;
  if (left <= 0.75 * uids) warm ??= { left, cpuS };
  peakRssMb = Math.max(peakRssMb, rssMb(fastpath.process.pid!));
}
const seconds = (performance.now() - startedAt) / 1000;
const [stored] = await stack.query<{ n: number }>(
  'SELECT uniqExact(measurement_uid) AS n FROM fastpath',
);
say(
  `drained: ${Math.round(uids / seconds)} measurements/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s, ${stored?.n} rows`,
);
say(`peak memory of the daemon: ${peakRssMb} MB`);
if (warm === undefined || warm.left === 0) throw new Error('BENCH_BACKLOG is too small to measure');
const cpuUs = ((cpuSeconds(fastpath.process.pid!) - warm.cpuS) * 1e6) / warm.left;
say(`processor time of the daemon: ${Math.round(cpuUs)} µs a measurement, its start not counted`);
reportRow({
  name: 'fastpath, 2 KB, whole way',
  value: cpuUs,
  unit: 'µs of CPU',
  better: 'less',
  limit: parseUs,
  limitName: 'reading and JSON.parse',
});
reportRow({ name: 'fastpath, peak memory', value: peakRssMb, unit: 'MB', better: 'less' });
await fastpath.stop();

await stack.startApi();
fastpath = await stack.startFastpath();
const waits = await measureLatency();
waits.sort((a, b) => a - b);
const quantile = (q: number) => Math.round(waits[Math.floor(q * (waits.length - 1))]!);
say(
  `row visible after the 200, at ${SUBMISSIONS_PER_S} submissions/s: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, most ${quantile(1)} ms (${waits.length} rows)`,
);
await stack.stop();
rmSync(stateDir, { recursive: true, force: true });

/** Processor time of reading and parsing one of the backlog, by nothing else. */
function parsingUs(): number {
  const pending = join(stack.spoolDir, 'pending');
  const names = readdirSync(pending).slice(0, 10_000);
  const before = process.cpuUsage();
  for (const name of names) JSON.parse(readFileSync(join(pending, name), 'utf8'));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / names.length;
}

/** Writes measurements straight into the spool, as many processes' worth of probes would over hours. */
async function makeBacklog() {
  const day = new Date(Date.now() - 3_600_000);
  const startTime = day.toISOString().slice(0, 19).replace('T', ' ');
  const pending = join(stack.spoolDir, 'pending');
  await mkdir(pending, { recursive: true });
  let written = 0;
  for (let first = 0; first < BACKLOG; first += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, BACKLOG - first) }, async (_, offset) => {
        const input = `https://site${first + offset}.example.org/`;
        const content = {
          report_id: '20260821T101502Z_webconnectivity_IT_30722_n1_q5N5YSTWEqHYDo9v',
          input,
          probe_asn: 'AS30722',
          probe_cc: 'IT',
          test_name: 'web_connectivity',
          test_start_time: startTime,
          measurement_start_time: startTime,
          test_keys: { ...webConnectivityKeys(input, 'page'), page: PAGE },
        };
        const post = Buffer.from(JSON.stringify({ format: 'json', content, is_verified: 'u' }));
        written += post.length;
        const uid = makeMeasurementUid(
          day.getTime() * 1000 + first + offset,
          'IT',
          'webconnectivity',
          post,
        );
        await writeFile(join(pending, `${uid}.post`), post);
      }),
    );
  }
  return { uids: BACKLOG, bytes: written };
}

/** Milliseconds from each 200 to its row being visible, read every 25 ms. */
async function measureLatency(): Promise<number[]> {
  const answeredAt = new Map<string, number>();
  const waited: number[] = [];
  let submitting = true;
  const watcher = (async () => {
    while (submitting || answeredAt.size > 0) {
      const waiting = [...answeredAt.keys()];
      if (waiting.length > 0) {
        const visible = await stack.query<{ uid: string }>(
          `SELECT measurement_uid AS uid FROM fastpath WHERE measurement_start_time > now() - 120
           AND measurement_uid IN (${waiting.map((uid) => `'${uid}'`).join(',')})`,
        );
        const now = performance.now();
        for (const { uid } of visible) {
          waited.push(now - answeredAt.get(uid)!);
          answeredAt.delete(uid);
        }
      }
      await sleep(25);
    }
  })();
  const begin = performance.now();
  const open: Promise<void>[] = [];
  for (let serial = 0; serial < SUBMISSIONS_PER_S * LATENCY_SECONDS; serial++) {
    const due = begin + (serial * 1000) / SUBMISSIONS_PER_S;
    if (due > performance.now()) await sleep(due - performance.now());
    open.push(
      submit(stack.apiUrl, measurementText(serial)).then((done) => {
        if (done !== undefined) answeredAt.set(done.measurementUid, performance.now());
      }),
    );
  }
  await Promise.all(open);
  submitting = false;
  await watcher;
  return waited;
}

/** Resident memory now, as the kernel has it. */
function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}
