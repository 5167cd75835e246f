/**
 * Check-ins per second through the real ooni-api: `make bench`, or `node --import=tsx bench/check-in.ts`
 * after `make build`. One worker that has read its lists from disk, and never reaches a database.
 *
 * The clients share the machine's cores with the program, so the figures to compare are those per core:
 * answers per second of processor time that the program itself used, and how they relate to those of an
 * empty answer of the same program, asked for just before and just after; the median of some rounds, so
 * that what else the machine does counts on both sides or not at all. The list is the real one where it lies beside the
 * project (`$OONI_SHARED/fixtures/test-lists`), otherwise one of its size.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { keptIn } from '../src/api/followed/followedParts.ts';
import { ALONE } from '../src/api/followed/sharing.ts';
import { TEST_LIST } from '../src/api/followed/testList.ts';
import type { ListEntry } from '../src/core/prioritisation/rules.ts';
import { makeLog } from '../src/log/log.ts';
import { cpuSeconds, startApiProcess } from './support/apiProcess.ts';
import { median } from './support/median.ts';
import { reportRow } from './support/report.ts';

const CONNECTIONS = 32;
const ROUNDS = 3;
/** Until what is measured is compiled. */
const FIRST_WARM_UP_MS = 3_000;
const WARM_UP_MS = 300;
const MEASURE_MS = 2_000;
const PACED_MS = 5_000;
const FIXTURES = join(resolve(process.env.OONI_SHARED ?? '../shared'), 'fixtures/test-lists');

interface Load {
  readonly name: string;
  request(serial: number): string;
}

const EMPTY: Load = {
  name: 'empty answer',
  request: () => 'GET /live HTTP/1.1\r\nHost: bench\r\n\r\n',
};

function checkIn(name: string, more: object): Load {
  return {
    name,
    request(serial) {
      const body = JSON.stringify({
        charging: true,
        on_wifi: true,
        platform: 'linux',
        probe_cc: 'IT',
        // Networks come and go.
        probe_asn: `AS${1 + (serial % 5_000)}`,
        run_type: 'timed',
        software_name: 'ooniprobe-cli',
        software_version: '3.29.1',
        web_connectivity: { category_codes: [] },
        ...more,
      });
      return `POST /api/v1/check-in HTTP/1.1\r\nHost: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    },
  };
}

const LOADS: readonly Load[] = [
  checkIn('check-in, 100 URLs', {}),
  checkIn('check-in, 20 URLs', { charging: false }),
  checkIn('check-in, two categories', { web_connectivity: { category_codes: ['NEWS', 'HUMR'] } }),
  checkIn('check-in, all URLs', { run_type: 'manual' }),
];

function testList(): ListEntry[] {
  if (!existsSync(FIXTURES))
    return Array.from({ length: 30_000 }, (_, at) => ({
      category_code: ['NEWS', 'HUMR', 'GRP', 'GAME'][at % 4]!,
      domain: `site${at}.example.org`,
      url: `https://site${at}.example.org/some/page`,
      cc: at < 1_700 ? 'ZZ' : at < 2_000 ? 'it' : 'de',
    }));
  return readdirSync(FIXTURES)
    .filter((file) => /^(global|[a-z]{2})\.csv$/.test(file))
    .flatMap((file) => {
      const rows = parse(readFileSync(join(FIXTURES, file)), { columns: true });
      return (rows as { url: string; category_code: string }[]).map(({ url, category_code }) => ({
        category_code,
        domain: URL.canParse(url) ? new URL(url).hostname : '',
        url,
        cc: file === 'global.csv' ? 'ZZ' : file.slice(0, 2),
      }));
    });
}

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
try {
  const list = testList();
  process.stdout.write(`${cpus()[0]?.model}, 1 worker, a list of ${list.length} entries\n`);
  await keep(list);
  // Nothing answers there: all that is asked comes from what was kept.
  const api = await startApiProcess({
    folder,
    workers: 1,
    tables: '[clickhouse]\nurl = "http://127.0.0.1:1"\n',
  });
  const { port, pid } = api;
  try {
    // Before the loads of 1,900 URLs, whose garbage is collected for a while after them.
    await perCore(port, pid, LOADS[0]!, FIRST_WARM_UP_MS);
    for (let round = 0; round < ROUNDS; round++) await paced(port, LOADS[0]!, 750);
    for (const load of [EMPTY, ...LOADS]) await perCore(port, pid, load, FIRST_WARM_UP_MS);
    const empties: number[] = [];
    const found = LOADS.map((load) => ({ load, rates: [] as number[], ratios: [] as number[] }));
    for (let round = 0; round < ROUNDS; round++) {
      let before = await perCore(port, pid, EMPTY);
      for (const { load, rates, ratios } of found) {
        const rate = await perCore(port, pid, load);
        const after = await perCore(port, pid, EMPTY);
        rates.push(rate);
        ratios.push(rate / Math.sqrt(before * after));
        empties.push(after);
        before = after;
      }
    }
    const perSecond = (rates: readonly number[]) =>
      `${median(rates).toFixed(0)} per second and core`;
    process.stdout.write(`${EMPTY.name}: ${perSecond(empties)}\n`);
    for (const { load, rates, ratios } of found) {
      reportRow({
        name: load.name,
        value: median(rates),
        unit: 'per CPU-second',
        better: 'more',
        limit: median(rates) / median(ratios),
        limitName: EMPTY.name,
      });
      process.stdout.write(
        `${load.name}: ${perSecond(rates)}, ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})\n`,
      );
    }
  } finally {
    await api.stop();
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** As the program would keep it. */
async function keep(list: readonly ListEntry[]): Promise<void> {
  const log = makeLog({
    level: 'err',
    journald: false,
    write: (line) => process.stderr.write(line),
  });
  const kept = keptIn(
    { stateDir: join(folder, 'state'), sharing: ALONE, onKept() {}, log },
    TEST_LIST,
  );
  kept.write({ value: list, loadedAtMs: Date.now() });
  await kept.settled();
}

/** Answers per second of processor time, with all connections busy. */
async function perCore(
  port: number,
  pid: number,
  load: Load,
  warmUpMs = WARM_UP_MS,
): Promise<number> {
  let serial = 0;
  let running = true;
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    const client = await open(port);
    while (running) await client.ask(load.request(serial++));
    client.close();
  });
  await sleep(warmUpMs);
  const before = { serial, cpu: cpuSeconds(pid) };
  await sleep(MEASURE_MS);
  const rate = (serial - before.serial) / (cpuSeconds(pid) - before.cpu);
  running = false;
  await Promise.all(clients);
  return rate;
}

/** Latency where so many come in a second, at even intervals. */
async function paced(port: number, load: Load, perSecond: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  const tookMs: number[] = [];
  const asked: Promise<void>[] = [];
  const startMs = performance.now();
  for (let serial = 0; performance.now() - startMs < PACED_MS; serial++) {
    const dueMs = startMs + (serial * 1_000) / perSecond;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    const client = clients[serial % CONNECTIONS]!;
    const beginMs = performance.now();
    asked.push(
      client.ask(load.request(serial)).then(() => {
        tookMs.push(performance.now() - beginMs);
      }),
    );
  }
  await Promise.all(asked);
  for (const client of clients) client.close();
  tookMs.sort((a, b) => a - b);
  const at = (part: number) => tookMs[Math.floor(tookMs.length * part)]!.toFixed(1);
  process.stdout.write(
    `${load.name}, ${perSecond} per second: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
  );
}

/** A connection that asks one request after the other. */
async function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise((settle, reject) => socket.once('connect', settle).once('error', reject));
  let received = Buffer.alloc(0);
  let before: Promise<void> = Promise.resolve();
  let answered = () => {};
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = received.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(received.toString());
    const length = Number(/content-length: (\d+)/i.exec(head)![1]);
    if (received.length < end + 4 + length) return;
    received = received.subarray(end + 4 + length);
    answered();
  });
  return {
    ask(request: string): Promise<void> {
      before = before.then(
        () =>
          new Promise((settle) => {
            answered = settle;
            socket.write(request);
          }),
      );
      return before;
    },
    close: () => socket.destroy(),
  };
}
