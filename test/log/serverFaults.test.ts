/**
 * A fault of a listening socket costs a line in the log, not the process.
 *
 * Covers src/program/operatorListener.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { listenForHints } from '../../src/edge/hints/hintServer.ts';
import { serveHttp } from '../../src/edge/http/httpServer.ts';
import { makeLog } from '../../src/log/log.ts';
import { serveMetrics } from '../../src/program/operatorListener.ts';

const dir = mkdtempSync(join(tmpdir(), 'ooni-'));
t.teardown(() => rmSync(dir, { recursive: true }));
const lines: string[] = [];
const log = makeLog({ level: 'err', journald: true, write: (line) => lines.push(line) });
const observed = { metrics: async () => '', errors: () => [], version: '1' };

for (const [what, start] of [
  ['hints', () => listenForHints({ path: join(dir, 's') }, () => {}, log)],
  ['metrics', () => serveMetrics('127.0.0.1:0', observed, log)],
  ['clients', () => serveHttp((_, answer) => answer.end(), { host: '127.0.0.1', port: 0 }, log)],
] as const)
  t.test(`a server of ${what} goes on`, async (t) => {
    const listening: Server[] = [];
    const { listen } = Server.prototype;
    Server.prototype.listen = function (this: Server, ...args: unknown[]) {
      listening.push(this);
      return listen.apply(this, args as never);
    } as typeof listen;
    const server = await start();
    Server.prototype.listen = listen;
    t.equal(listening.length, 1);
    // As node:net does when accept(2) fails.
    for (let again = 0; again < 3; again++) listening[0]!.emit('error', new Error('accept EMFILE'));
    const said = lines.splice(0);
    t.equal(said.length, 1, 'once a minute');
    t.match(said[0], `<3>cannot take connections of ${what} now: check LimitNOFILE=`);
    t.match(said[0], 'accept EMFILE');
    if ('close' in server) await server.close();
    else await server.stop(0);
  });

t.test('what cannot listen is told to whoever asked', async (t) => {
  const first = await serveMetrics('127.0.0.1:0', observed, log);
  await t.rejects(serveMetrics(first.address, observed, log), { code: 'EADDRINUSE' });
  await first.close();
});
