/** A backlog of 200,000 in front of a ClickHouse that hangs first: the memory of the real process. */
import { spawn } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import t, { type Test } from 'tap';
import { makeMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { bundle } from '../support/bundle.ts';
import { signAsClickHouse } from '../support/clickhouseProxy.ts';
import { freePort } from '../support/ports.ts';

const program = bundle(new URL('../../src/fastpath/main.ts', import.meta.url));
const MORE_MB = 150;
/** File systems bound the links to one file. */
const LINKS_PER_FILE = 30_000;

/** Knows no fingerprints and no rows; keeps inserts waiting until it is released. */
async function startFakeClickHouse(t: Test) {
  const seen = { inserts: 0, rows: 0 };
  let release!: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createServer((request, response) => {
    void (async () => {
      const isInsert = request.url!.includes('INSERT');
      const rows = await linesOf(request);
      if (isInsert) {
        seen.inserts++;
        await released;
        seen.rows += rows;
      }
      signAsClickHouse(request, response, rows).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, release, port: (server.address() as AddressInfo).port };
}

async function linesOf(request: IncomingMessage): Promise<number> {
  const isCompressed = request.headers['content-encoding'] === 'gzip';
  let lines = 0;
  for await (const chunk of isCompressed ? request.pipe(createGunzip()) : request)
    for (const byte of chunk as Buffer) if (byte === 0x0a) lines++;
  return lines;
}

function fillPending(spoolDir: string, count: number): void {
  const pending = join(spoolDir, 'pending');
  mkdirSync(pending, { recursive: true });
  const startTime = new Date().toISOString().slice(0, 19).replace('T', ' ');
  const post = Buffer.from(
    JSON.stringify({
      format: 'json',
      content: {
        report_id: 'r',
        probe_asn: 'AS30722',
        probe_cc: 'IT',
        test_name: 'ndt',
        test_start_time: startTime,
        measurement_start_time: startTime,
      },
    }),
  );
  const nowUs = Date.now() * 1000;
  let file = '';
  for (let index = 0; index < count; index++) {
    if (index % LINKS_PER_FILE === 0) {
      file = join(spoolDir, `post${index}`);
      writeFileSync(file, post);
    }
    linkSync(file, join(pending, `${makeMeasurementUid(nowUs - index, 'IT', 'ndt', post)}.post`));
  }
}

/** Highest memory of the daemon while so many wait, and drain. */
async function peakMb(t: Test, count: number): Promise<number> {
  const clickHouse = await startFakeClickHouse(t);
  const dir = mkdtempSync(join(tmpdir(), 'ooni-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  fillPending(join(dir, 'spool'), count);
  const config = join(dir, 'fastpath.toml');
  writeFileSync(
    config,
    `spool_dir = "${dir}/spool"\nsocket = "${dir}/s"\nmetrics_listen = "127.0.0.1:${await freePort()}"\nworkers = 1\n[clickhouse]\nurl = "http://127.0.0.1:${clickHouse.port}"\nrequest_timeout_ms = 600000\n`,
  );
  const child = spawn(process.execPath, [program, '--config', config], {
    env: { PATH: process.env.PATH },
    stdio: 'ignore',
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  while (clickHouse.seen.inserts === 0) await sleep(50);
  // Time enough to take in all of them, if anything did.
  await sleep(2_000);
  t.equal(readdirSync(join(dir, 'spool/pending')).length, count, 'nothing left unconfirmed');
  clickHouse.release();
  while (clickHouse.seen.rows < count) await sleep(50);
  while (readdirSync(join(dir, 'spool/pending')).length > 0) await sleep(100);
  t.equal(clickHouse.seen.rows, count);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill('SIGTERM');
  t.equal(await ended, 0);
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

t.test('memory does not grow with the backlog', async (t) => {
  const few = await peakMb(t, 20_000);
  const many = await peakMb(t, 200_000);
  t.comment(`20,000 pending: ${few} MB, 200,000: ${many} MB`);
  t.ok(many < few + MORE_MB, `${many} MB for 200,000, ${few} MB for 20,000`);
});
