/**
 * What is answered without Koa is answered as with it. Covers src/edge/http/exchange.ts too.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import t from 'tap';
import { cors } from '../../../src/edge/http/cors.ts';
import { makeDirectRoutes } from '../../../src/edge/http/directRoutes.ts';
import { sendError, sendJson, sendUnavailable } from '../../../src/edge/http/errorAnswers.ts';
import { catchErrors, unmatched } from '../../../src/edge/http/fallbacks.ts';
import { makeLog } from '../../../src/log/log.ts';

const lines: string[] = [];
const log = makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) });
const begun: string[] = [];
/** Requests that were answered without Koa. */
let direct = 0;

const router = new Router({ strict: true, sensitive: true });
const routes = makeDirectRoutes(router, log, (_response, route) => begun.push(route));
routes.post('/exact', (exchange) => sendJson(exchange, { é: 1 }));
routes.post('/thing/:name', async (exchange, name) => {
  exchange.set('Cache-Control', 'no-store');
  if (name === 'bug') throw new Error('secret detail');
  if (name === 'away') return sendUnavailable(exchange, 'later', 60);
  if (name === 'bad') return sendError(exchange, 400, { error: 'bad', message: 'is bad' });
  exchange.set('Cache-Control', 'no-cache');
  sendJson(exchange, { name });
});
routes.post('/thing/:name/close', (exchange) => sendJson(exchange, {}));

const koa = new Koa();
koa.use(cors((origin) => origin === 'https://trusted.example'));
koa.use(catchErrors(log));
koa.use(router.routes());
koa.use(unmatched(router));
const others = koa.callback();

async function serve(useDirect: boolean): Promise<number> {
  const server = createServer((request, response) => {
    if (useDirect && routes.handle(request, response)) direct++;
    else void others(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const ports = [await serve(true), await serve(false)] as const;

/** All of the answer, its lines of the head in order of the alphabet, since that order says nothing. */
async function answerAt(port: number, method: string, path: string, headers = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}Content-Length: 2\r\n\r\n{}`,
  );
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  const [head, body] = text.split('\r\n\r\n') as [string, string];
  const kept = head.split('\r\n').filter((line) => !line.startsWith('Date:'));
  return [...kept.sort(), body].join('\n');
}

const CASES: [what: string, isDirect: boolean, method: string, path: string, headers?: string][] = [
  ['a path without parameter', true, 'POST', '/exact'],
  ['a parameter', true, 'POST', '/thing/20260821T101501Z_ndt_IT_1_n1_x'],
  ['what stands behind a parameter', true, 'POST', '/thing/x/close'],
  ['an error', true, 'POST', '/thing/bad'],
  ['an error that may pass', true, 'POST', '/thing/away'],
  ['a bug', true, 'POST', '/thing/bug'],
  ['another method', false, 'GET', '/exact'],
  ['a question before the request', false, 'OPTIONS', '/thing/x', 'Origin: https://a.example\r\n'],
  ['a query', false, 'POST', '/exact?a=1'],
  ['a slash too many', false, 'POST', '/exact/'],
  ['another path', false, 'POST', '/thing/x/open'],
  ['no parameter', false, 'POST', '/thing/'],
  ['an escape', false, 'POST', '/thing/%41b'],
  ['an escape that is none', false, 'POST', '/thing/%4'],
  ['a whole address', false, 'POST', 'http://a/exact'],
  ['a page elsewhere', false, 'POST', '/exact', 'Origin: https://a.example\r\n'],
  ['a page that is trusted', false, 'POST', '/exact', 'Origin: https://trusted.example\r\n'],
];

for (const [what, isDirect, method, path, headers] of CASES) {
  t.test(what, async (t) => {
    const before = direct;
    const answer = await answerAt(ports[0], method, path, headers);
    t.equal(direct - before, isDirect ? 1 : 0);
    t.equal(answer, await answerAt(ports[1], method, path, headers));
  });
}

t.test('a bug is told to the log, as ever, and to nobody else', async (t) => {
  lines.length = 0;
  for (const port of ports) t.notMatch(await answerAt(port, 'POST', '/thing/bug'), 'secret');
  t.equal(lines.length, 2);
  t.match(
    lines[0],
    /^err: a request failed.* method=POST route=\/thing\/:name error="secret detail"/,
  );
  t.equal(lines[0]!.replace(/stack=.*/, ''), lines[1]!.replace(/stack=.*/, ''));
});

t.test('its route is known before its answer is made, and is no path', async (t) => {
  begun.length = 0;
  await answerAt(ports[0], 'POST', '/thing/anything');
  await answerAt(ports[0], 'POST', '/exact');
  t.strictSame(begun, ['/thing/:name', '/exact']);
});
