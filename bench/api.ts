/**
 * Submissions per second through the real ooni-api: `make bench`, or `node --import=tsx bench/api.ts`
 * after `make build`. The program, a spool of its own and keep-alive clients on loopback.
 *
 * The clients share the machine's cores with the program, so the figure to compare is the one per
 * core: submissions per second of processor time that the program itself used.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { sampleMeasurement, webConnectivityKeys } from '../scripts/run/measurements.ts';
import { cpuSeconds, startApiProcess } from './support/apiProcess.ts';

const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;
const MEASURE_MS = 8_000;
const WORKERS = 2;
/** Each different; when all are used up the time is cut short. */
const BODIES = 30_000;

interface Load {
  readonly name: string;
  readonly headers: string;
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
  { name: 'JSON, 2 KB', headers: '', body: (serial) => submission(serial, 500) },
  { name: 'JSON, 32 KB', headers: '', body: (serial) => submission(serial, 28_000) },
  {
    name: 'JSON, 32 KB, gzip',
    headers: 'Content-Encoding: gzip\r\n',
    body: (serial) => gzipSync(submission(serial, 28_000), { level: 1 }),
  },
];

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
try {
  process.stdout.write(`${cpus()[0]?.model}, ${WORKERS} workers, ${CONNECTIONS} connections\n`);
  for (const [where, spool] of [
    ['disk', join(folder, 'spool')],
    ['memory', mkdtempSync('/dev/shm/ooni-bench-')],
  ] as const) {
    try {
      for (const [index, load] of LOADS.entries())
        await measure(load, where, spool, index * BODIES);
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
    const prepared = Array.from({ length: BODIES }, (_, index) => load.body(firstSerial + index));
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
    await sleep(WARM_UP_MS);
    const before = { done, cpu: cpuSeconds(api.pid), atMs: performance.now() };
    while (performance.now() - before.atMs < MEASURE_MS && serial < prepared.length)
      await sleep(50);
    const seconds = (performance.now() - before.atMs) / 1000;
    const cpu = cpuSeconds(api.pid) - before.cpu;
    const count = done - before.done;
    running = false;
    await Promise.all(clients);
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
