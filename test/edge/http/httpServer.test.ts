/** A server that is stopped answers what is on its way. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { serveHttp } from '../../../src/edge/http/httpServer.ts';
import { makeLog } from '../../../src/log/log.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** Longer than any test takes. */
const PATIENT_MS = 3_600_000;
const quiet = makeLog({ level: 'err', journald: false, write: () => {} });

/** A server, and a connection to it that has had an answer. */
async function setUp(t: Test, handler: RequestListener) {
  const http = await serveHttp(handler, { host: '127.0.0.1', port: 0 }, quiet);
  t.teardown(() => http.stop(0));
  const socket = connect((http.server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.setEncoding('utf8').write(REQUEST);
  await once(socket, 'data');
  return { http, socket };
}

/** What still comes, until the connection is ended. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  await once(socket, 'end');
  return text;
}

t.test('a connection without a request is ended', async (t) => {
  const { http, socket } = await setUp(t, (_, response) => response.end('x'));
  const comes = rest(socket);
  t.equal(await http.stop(PATIENT_MS), 0);
  t.equal(await comes, '');
});

t.test('what comes while the process stands still is answered', async (t) => {
  const { http, socket } = await setUp(t, (_, response) => response.end('x'));
  const comes = rest(socket);
  const stopped = http.stop(PATIENT_MS);
  // The kernel has it; the process sees it when it goes on, long after.
  socket.write(REQUEST);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  t.match(await comes, /^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*\r\nx/s);
  t.equal(await stopped, 0);
});

t.test('what is not answered in time is cut off, and counted', async (t) => {
  let asked = 0;
  const { http, socket } = await setUp(t, (_, response) => {
    if (asked++ === 0) response.end('x');
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.write(REQUEST);
  while (asked < 2) await new Promise((resolve) => setImmediate(resolve));
  t.equal(await http.stop(50), 1);
  await closed;
});
