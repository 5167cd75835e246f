/**
 * Submissions per second through the real ooni-api: `make bench`, or `node --import=tsx bench/api.ts`
 * after `make build`. The program, a spool of its own and keep-alive clients on loopback.
 *
 * The clients share the machine's cores with the program, so the figure to compare is the one per
 * core: submissions per second of processor time that the program itself used.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { sampleMeasurement, webConnectivityKeys } from '../scripts/run/measurements.ts';
import { cpuSeconds, startApiProcess } from './support/apiProcess.ts';
import { rawStoresPerCpuSecond } from './support/rawStore.ts';
import { reportRow } from './support/report.ts';

const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;
const MEASURE_MS = 8_000;
const WORKERS = 2;
/** Each different, and all in memory; when all are used up the time is cut short. */
const MOST_BODIES = 30_000;
const MOST_BYTES = 1e9;
const MOST_IN_MEMORY_BYTES = 32_000;

interface Load {
  readonly name: string;
  readonly headers: string;
  /** About what is stored of one. */
  readonly plainBytes: number;
  /** A body that no other call makes, or it would be a repetition. */
  readonly body: (serial: number) => Buffer;
}

function contentOf(serial: number, pageBytes: number): string {
  const input = `https://site${serial}.example.org/`;
  const keys = webConnectivityKeys(input, 'page');
  const requests = keys.requests as { response: { body: string } }[];
  // Pages are markup and text, with the escapes that JSON needs for them.
  const page = '<p class="text">Some text of a page, with a "quotation".</p>\n';
  requests[0]!.response.body = page.repeat(Math.ceil(pageBytes / page.length));
  return JSON.stringify(
    sampleMeasurement({
      probeCc: 'IT',
      probeAsn: 'AS64500',
      testName: 'web_connectivity',
      input,
      testKeys: keys,
      startTime: '2026-08-21 10:15:01',
    }),
  );
}

const submission = (serial: number, pageBytes: number) =>
  Buffer.from(JSON.stringify({ format: 'json', content: contentOf(serial, pageBytes) }));

const LOADS: readonly Load[] = [
  { name: 'JSON, 2 KB', plainBytes: 2_000, headers: '', body: (serial) => submission(serial, 500) },
  {
    name: 'JSON, 32 KB',
    plainBytes: 32_000,
    headers: '',
    body: (serial) => submission(serial, 28_000),
  },
  {
    name: 'JSON, 120 KB',
    plainBytes: 120_000,
    headers: '',
    body: (serial) => submission(serial, 110_000),
  },
  {
    name: 'JSON, 1 MB',
    plainBytes: 1_000_000,
    headers: '',
    body: (serial) => submission(serial, 920_000),
  },
  {
    name: 'JSON, 32 KB, gzip',
    plainBytes: 32_000,
    headers: 'Content-Encoding: gzip\r\n',
    body: (serial) => gzipSync(submission(serial, 28_000), { level: 1 }),
  },
  {
    name: 'JSON, 1 MB, zstd',
    plainBytes: 1_000_000,
    headers: 'Content-Encoding: zstd\r\n',
    body: (serial) => zstd(submission(serial, 920_000)),
  },
];

/** By the command: Node.js 20 has no compressor for it. */
function zstd(input: Buffer): Buffer {
  const { status, stdout, error } = spawnSync('zstd', ['-q', '-3'], { input, maxBuffer: 1e8 });
  if (status !== 0) throw new Error(`zstd: ${error?.message ?? status}; install the package zstd`);
  return stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
try {
  process.stdout.write(`${cpus()[0]?.model}, ${WORKERS} workers, ${CONNECTIONS} connections\n`);
  for (const [where, spool] of [
    ['disk', join(folder, 'spool')],
    ['memory', mkdtempSync('/dev/shm/ooni-bench-')],
  ] as const) {
    try {
      for (const [index, load] of LOADS.entries()) {
        // They stay in the spool until the end: in memory only as much as it bears.
        if (where === 'memory' && load.plainBytes > MOST_IN_MEMORY_BYTES) continue;
        await measure(load, where, spool, index * MOST_BODIES);
      }
    } finally {
      rmSync(spool, { recursive: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(
  load: Load,
  where: string,
  spool: string,
  firstSerial: number,
): Promise<void> {
  const api = await startApiProcess({ folder, workers: WORKERS, spoolDir: spool });
  try {
    // Made before, so that the clients have little to do.
    const prepared: Buffer[] = [];
    for (let bytes = 0; prepared.length < MOST_BODIES && bytes < MOST_BYTES; ) {
      const body = load.body(firstSerial + prepared.length);
      bytes += load.plainBytes;
      prepared.push(body);
    }
    let serial = 0;
    let done = 0;
    let running = true;
    const clients = Array.from({ length: CONNECTIONS }, () =>
      client(
        api.port,
        load.headers,
        () => {
          if (!running || serial >= prepared.length) return undefined;
          return prepared[serial++];
        },
        () => done++,
      ),
    );
    const ended = Promise.all(clients);
    // One that is refused is heard of below, when the program can be stopped.
    ended.catch(() => {});
    const startMs = performance.now();
    // Where all are soon used up, a quarter of them.
    while (performance.now() - startMs < WARM_UP_MS && serial < prepared.length / 4)
      await sleep(50);
    const before = { done, cpu: cpuSeconds(api.pid), atMs: performance.now() };
    while (performance.now() - before.atMs < MEASURE_MS && serial < prepared.length)
      await sleep(50);
    const seconds = (performance.now() - before.atMs) / 1000;
    const cpu = cpuSeconds(api.pid) - before.cpu;
    const count = done - before.done;
    running = false;
    await ended;
    if (where === 'disk')
      reportRow({
        name: `submit ${load.name}`,
        value: count / cpu,
        unit: 'per CPU-second',
        better: 'more',
        limit: rawStoresPerCpuSecond(spool, Buffer.alloc(load.plainBytes)),
        limitName: 'a loop that stores',
      });
    process.stdout.write(
      `${load.name.padEnd(20)} spool on ${where.padEnd(7)}` +
        `${Math.round(count / seconds)
          .toString()
          .padStart(7)} per second` +
        `${Math.round(count / cpu)
          .toString()
          .padStart(7)} per second and core\n`,
    );
  } finally {
    await api.stop();
  }
}

/** One connection that posts one body after the other, until `next` has none. */
function client(
  port: number,
  headers: string,
  next: () => Buffer | undefined,
  onDone: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const post = () => {
      const body = next();
      if (body === undefined) {
        socket.end();
        return resolve();
      }
      socket.cork();
      socket.write(
        `POST /api/v1/submit_measurement HTTP/1.1\r\nHost: bench\r\n${headers}Content-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body);
      socket.uncork();
    };
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('connect', post);
    socket.on('error', reject);
    socket.on('data', (text) => {
      answer += text;
      // The body of an answer is one JSON object.
      if (!answer.endsWith('}')) return;
      if (!answer.startsWith('HTTP/1.1 200')) return reject(new Error(answer));
      answer = '';
      onDone();
      post();
    });
  });
}
