/** A backlog whose rows are stored already, as after a kill: how much of it is held at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { fastpathSchema } from '../../src/config/fastpath.ts';
import {
  type MeasurementUid,
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../src/core/measurement/measurementUid.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import type { Spool } from '../../src/edge/spool/spool.ts';
import { startDaemon } from '../../src/fastpath/daemon.ts';
import { makeMetrics } from '../../src/fastpath/fastpathMetrics.ts';
import { TASKS_PER_THREAD } from '../../src/fastpath/pool.ts';
import { makeLog } from '../../src/log/log.ts';
import { signAsClickHouse } from '../support/clickhouseProxy.ts';
import { sourceThread } from '../support/sourceThread.ts';

/** Has the row of every measurement that it is asked for, and no fingerprint. */
async function startFakeClickHouse(t: Test): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const sql = Buffer.concat(chunks).toString();
      const asked = /measurement_uid IN \((.*)\)/.exec(sql)?.[1] ?? '';
      const rows = [...asked.matchAll(/'([^']+)'/g)].map(([, uid]) => JSON.stringify({ uid }));
      signAsClickHouse(request, response).end(rows.map((row) => `${row}\n`).join(''));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers at once: each measurement has a row, or none. */
const quickThread = (result: object) => () =>
  sourceThread(new URL('../support/taskThread.ts', import.meta.url), { workerData: { result } });
const ROW = {
  kind: 'row',
  testName: 'ndt',
  measurementStartTime: '2026-08-21 10:15:03',
  row: '{}',
};

const FLUSH_ROWS = 100;
const THREADS = 2;
const IN_THREADS = TASKS_PER_THREAD * THREADS;

async function drain(t: Test, count: number, result: object) {
  const waiting = new Map<string, MeasurementUid>();
  for (let index = 0; index < count; index++) {
    const text = makeMeasurementUid(Date.now() * 1000 + index, 'IT', 'ndt', Buffer.from([index]));
    waiting.set(text, parseMeasurementUid(text)!);
  }
  const seen = { held: 0, leavingAtOnce: 0, leaving: 0, left: 0 };
  let scored = 0;
  // A disk that takes its time.
  const unlinkPending = async (uids: readonly string[]) => {
    seen.leaving += uids.length;
    seen.leavingAtOnce = Math.max(seen.leavingAtOnce, seen.leaving);
    seen.held = Math.max(seen.held, scored - seen.left);
    await sleep(5);
    seen.leaving -= uids.length;
    seen.left += uids.length;
    for (const uid of uids) waiting.delete(uid);
    return [];
  };
  const dir = mkdtempSync(join(tmpdir(), 'ooni-'));
  const metrics = makeMetrics();
  Object.assign(metrics.measurementBytes, { inc: () => scored++ });
  const client = openClickHouse({
    url: await startFakeClickHouse(t),
    database: 'd',
    username: 'default',
    password: '',
    requestTimeoutMs: 10_000,
    application: 'test',
  });
  const daemon = await startDaemon({
    config: fastpathSchema.parse({
      spool_dir: dir,
      socket: join(dir, 'sock'),
      flush_rows: FLUSH_ROWS,
      // Batches are full, however slow the threads are.
      flush_after_ms: 1_000,
      sweep_interval_ms: 100,
    }),
    spool: {
      dir,
      async *pending() {
        yield* [...waiting.values()];
      },
      pendingFile: (uid: string) => join(dir, uid),
      unlinkPending,
    } as unknown as Spool,
    client,
    log: makeLog({ level: 'err', journald: true, write: (line) => t.fail(line) }),
    metrics,
    threads: THREADS,
    startThread: quickThread(result),
    onStuck: () => {},
    socketFds: [],
  });
  while (waiting.size > 0) await sleep(10);
  await daemon.close();
  await client.close();
  rmSync(dir, { recursive: true });
  return seen;
}

t.test('rows that are stored: two batches at most are held, and they leave together', async (t) => {
  const seen = await drain(t, 2_000, ROW);
  t.equal(seen.left, 2_000);
  t.ok(seen.held <= 2 * FLUSH_ROWS + IN_THREADS, `${seen.held} were held`);
  t.ok(seen.leavingAtOnce > FLUSH_ROWS / 2, `${seen.leavingAtOnce} left at once`);
});

t.test('measurements without row, and a slow disk: bounded like rows', async (t) => {
  const seen = await drain(t, 2_000, { kind: 'discard', reason: 'test' });
  t.ok(seen.held <= FLUSH_ROWS + IN_THREADS, `${seen.held} were held`);
});
