/**
 * How long honest small submissions take while hostile ones arrive: `node --import=tsx bench/hostile.ts`
 * after `make build`. One worker, so that nothing else can answer; the median and the slowest of each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { block, bomb, LONG_SEQUENCES, rawFrame, windowFrame } from '../test/edge/zstd/samples.ts';
import { startApiProcess } from './support/apiProcess.ts';
import { reportRow } from './support/report.ts';

const HONEST = 50;
const HOSTILE_CLIENTS = 4;
const CONTENT = {
  test_name: 'ndt',
  probe_cc: 'IT',
  probe_asn: 'AS64500',
  software_name: 'bench',
  software_version: '1',
  measurement_start_time: '2026-08-21 10:15:01',
  test_keys: {},
};
const blanks = (count: number) =>
  Buffer.from(`{"format":"json","content":"{}"${' '.repeat(count)}}`);
const tinyBlock = block(0, 1, Buffer.from('a'), false);

const HOSTILE: readonly (readonly [name: string, coding: string, body: Buffer | undefined])[] = [
  ['nothing', '', undefined],
  ['gzip, 4 MB of blanks', 'gzip', gzipSync(blanks(4_000_000))],
  ['gzip, 190 MB of blanks', 'gzip', gzipSync(blanks(190_000_000))],
  ['zstd, 190 MB of runs', 'zstd', bomb(1_500)],
  ['zstd, blocks of a byte', 'zstd', windowFrame(23, ...Array(4_000).fill(tinyBlock), tinyBlock)],
  ['zstd, endless sequences', 'zstd', LONG_SEQUENCES],
  ['very many values', 'gzip', gzipSync(`[${'{},'.repeat(1_300_000)}0]`)],
];

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
const api = await startApiProcess({ folder, workers: 1 });
const { port } = api;
/** Of honest ones while nothing else comes. */
let undisturbedMs: number | undefined;
try {
  for (const [name, coding, body] of HOSTILE) await measure(name, coding, body);
} finally {
  await api.stop();
  rmSync(folder, { recursive: true });
}

async function measure(name: string, coding: string, body: Buffer | undefined): Promise<void> {
  let running = true;
  let hostile = 0;
  const attack = async () => {
    while (running) {
      await post(body!, coding);
      hostile++;
    }
  };
  const attackers = body === undefined ? [] : Array.from({ length: HOSTILE_CLIENTS }, attack);
  await sleep(500);
  const times: number[] = [];
  for (let serial = 0; serial < HONEST; serial++) {
    const text = JSON.stringify({ ...CONTENT, name, serial });
    const honest = JSON.stringify({ format: 'json', content: text });
    const startMs = performance.now();
    const zstd = serial % 2 === 1;
    const status = await post(zstd ? rawFrame(honest) : Buffer.from(honest), zstd ? 'zstd' : '');
    if (status !== 200) throw new Error(`an honest submission got ${status}`);
    times.push(performance.now() - startMs);
  }
  running = false;
  await Promise.all(attackers);
  times.sort((a, b) => a - b);
  const medianMs = times[HONEST / 2]!;
  if (undisturbedMs === undefined) undisturbedMs = medianMs;
  else
    reportRow({
      name: `honest beside ${name}`,
      value: medianMs,
      unit: 'ms',
      better: 'less',
      limit: undisturbedMs,
      limitName: 'by itself',
    });
  const ms = (at: number) => `${Math.round(times[at]!)} ms`.padStart(9);
  process.stdout.write(
    `${name.padEnd(26)} median${ms(HONEST / 2)}  slowest${ms(HONEST - 1)}  ${hostile} hostile\n`,
  );
}

async function post(body: Buffer, coding: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/submit_measurement`, {
    method: 'POST',
    body: new Blob([body as Uint8Array<ArrayBuffer>]),
    headers: coding === '' ? {} : { 'Content-Encoding': coding },
  });
  await response.text();
  return response.status;
}
