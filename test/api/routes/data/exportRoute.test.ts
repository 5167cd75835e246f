/** Readers that take nothing do not keep others from downloading. The answers are made up, the connections real. */
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import Router from '@koa/router';
import Koa from 'koa';
import t from 'tap';
import type { Database } from '../../../../src/api/database.ts';
import { exportRoute } from '../../../../src/api/routes/data/exportRoute.ts';
import { makeLog } from '../../../../src/log/log.ts';

const LINE = Buffer.from(`${'x'.repeat(1_023)}\n`);
const lines: string[] = [];
let cancelled = 0;
const endless = (): Readable =>
  new Readable({
    read() {
      this.push(LINE);
    },
  });

t.test('two that take nothing are dropped, and there is room again', async (t) => {
  const app = new Koa();
  const router = new Router();
  const database = {
    async download(_query: unknown, _timeoutMs: number, signal: AbortSignal) {
      signal.addEventListener('abort', () => cancelled++);
      return endless();
    },
  } as unknown as Database;
  exportRoute({
    database,
    timeoutMs: 60_000,
    pace: { bytes: 65_536, withinMs: 400 },
    log: makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) }),
  })(router);
  app.use(router.routes()).on('error', () => {});
  const server = app.listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const path = '/api/v1/export?day=2026-07-11';
  for (let each = 0; each < 2; each++) {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.on('error', () => {}).pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  const status = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    await answer.body?.cancel();
    return answer.status;
  };
  while ((await status()) !== 503);
  while ((await status()) !== 200);
  t.match(lines.join(''), /broken off: its client takes too little/);
  while (cancelled < 3) await status();
  t.pass('their queries end');
});
