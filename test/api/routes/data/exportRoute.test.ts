/** Readers that take nothing do not keep others from downloading. The answers are made up, the connections real. */
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Database } from '../../../../src/api/database.ts';
import { exportRoute } from '../../../../src/api/routes/data/exportRoute.ts';
import { makeLog } from '../../../../src/log/log.ts';
import { serveRoutes } from '../../../support/routeServer.ts';

const LINE = Buffer.from(`${'x'.repeat(1_023)}\n`);
const PATH = '/api/v1/export?day=2026-07-11';
const endless = (): Readable =>
  new Readable({
    read() {
      this.push(LINE);
    },
  });

/** A server of two places, both of them taken by clients that read nothing. */
async function withTwoIdleReaders(t: Test, withinMs: number) {
  const lines: string[] = [];
  const queries = { begun: 0, cancelled: 0 };
  const database = {
    async download(_query: unknown, _timeoutMs: number, signal: AbortSignal) {
      queries.begun++;
      signal.addEventListener('abort', () => queries.cancelled++);
      return endless();
    },
  } as unknown as Database;
  const family = exportRoute({
    database,
    timeoutMs: 3_600_000,
    pace: { bytes: 65_536, withinMs },
    log: makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) }),
  });
  const port = await serveRoutes(t, family);
  for (let each = 0; each < 2; each++) {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.on('error', () => {}).pause();
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  const status = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${PATH}`);
    await answer.body?.cancel();
    return answer.status;
  };
  return { lines, queries, status };
}

t.test('while two are served, a third is told to come back', async (t) => {
  const { queries, status } = await withTwoIdleReaders(t, 3_600_000);
  while (queries.begun < 2) await setTimeout(5);
  t.equal(await status(), 503);
  t.equal(queries.begun, 2);
});

t.test('two that take nothing are dropped, and there is room again', async (t) => {
  const { lines, queries, status } = await withTwoIdleReaders(t, 200);
  while (queries.cancelled < 2) await setTimeout(5);
  t.match(lines.join(''), /broken off: its client takes too little/);
  t.equal(await status(), 200);
});
