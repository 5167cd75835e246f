/**
 * Test helpers are asked whether they answer: each state, and that a change is told once.
 *
 * Covers src/edge/http/reachable.ts.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { watchHelpers } from '../../../src/api/processes/helperWatch.ts';
import type { WatchedHelper } from '../../../src/core/probe/testHelpers.ts';
import { httpUnreachable, tcpUnreachable } from '../../../src/edge/http/reachable.ts';
import { makeLog } from '../../../src/log/log.ts';
import { startTlsServer } from '../../support/tlsServer.ts';

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const PATIENT_MS = 60_000;

t.test('what answers, and what does not', async (t) => {
  let status = 200;
  const http = createServer((_, response) => response.writeHead(status).end('x'.repeat(100_000)));
  const url = `http://127.0.0.1:${await listen(t, http)}/`;
  for (const [given, expected] of [
    [200, undefined],
    [302, undefined],
    [400, undefined],
    [503, 'HTTP 503'],
  ] as const) {
    status = given;
    t.equal(await httpUnreachable(url, PATIENT_MS), expected, `${given}`);
  }
  const silent = await listen(t, createTcpServer());
  t.equal(await httpUnreachable(`http://127.0.0.1:${silent}/`, 100), 'no answer in time');
  t.equal(await tcpUnreachable({ host: '127.0.0.1', port: silent }, PATIENT_MS), undefined);
  t.equal(await tcpUnreachable({ host: '127.0.0.1', port: 1 }, PATIENT_MS), 'ECONNREFUSED');
  t.equal(await httpUnreachable('http://127.0.0.1:1/', PATIENT_MS), 'ECONNREFUSED');
  const talksNoHttp = await listen(
    t,
    createTcpServer((socket) => socket.end('hello\r\n\r\n')),
  );
  t.match(await httpUnreachable(`http://127.0.0.1:${talksNoHttp}/`, PATIENT_MS), /HPE_/);
});

t.test('a certificate that probes would not believe', async (t) => {
  const { port, close } = await startTlsServer((_, response) => void response.end());
  t.teardown(close);
  t.match(await httpUnreachable(`https://127.0.0.1:${port}/`, PATIENT_MS), /CERT|SIGNED/);
});

t.test('each change is told once, and nothing else', async (t) => {
  let rounds = 0;
  let status = 200;
  const http = createServer((_, response) => {
    rounds++;
    response.writeHead(status).end();
  });
  const port = await listen(t, http);
  const helpers: WatchedHelper[] = [
    {
      name: 'web-connectivity',
      address: 'https://1.th.example',
      ask: { kind: 'http', url: `http://127.0.0.1:${port}/` },
    },
    { name: 'tcp-echo', address: '192.0.2.1', ask: { kind: 'tcp', host: '127.0.0.1', port } },
  ];
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) });
  const watch = watchHelpers({ helpers, everyMs: 5, log });
  t.strictSame(watch.state, [], 'nothing is known before they were asked');
  const someRounds = async () => {
    for (const until = rounds + 4; rounds < until; ) await sleep(5);
  };
  await someRounds();
  t.strictSame(watch.state, [
    { name: 'web-connectivity', address: 'https://1.th.example', reachable: true },
    { name: 'tcp-echo', address: '192.0.2.1', reachable: true },
  ]);
  t.strictSame(lines, []);
  status = 502;
  await someRounds();
  t.equal(watch.state[0]?.reachable, false);
  t.equal(watch.state[1]?.reachable, true);
  status = 200;
  await someRounds();
  t.equal(watch.state[0]?.reachable, true);
  t.equal(lines.length, 2);
  t.match(lines[0], /does not answer this host.*1\.th\.example.*HTTP 502/);
  t.match(lines[1], /answers again/);
  watch.close();
  const before = rounds;
  await sleep(150);
  t.ok(rounds <= before + 1, 'nobody is asked any more; one question may have been on its way');
});

t.test('where it is not wanted, nobody is asked', async (t) => {
  const server = createTcpServer();
  let asked = 0;
  server.on('connection', () => asked++);
  const port = await listen(t, server);
  const log = makeLog({ level: 'debug', journald: false, write() {} });
  const ask = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const watch = watchHelpers({
    helpers: [{ name: 'tcp-echo', address: 'a', ask }],
    everyMs: 0,
    log,
  });
  await sleep(200);
  t.equal(asked, 0);
  t.strictSame(watch.state, []);
  watch.close();
});
