import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import Koa from 'koa';
import t from 'tap';
import { makeJsonBodies } from '../../src/api/jsonBodies.ts';

const bodies = makeJsonBodies();
const app = new Koa();
app.use(async (ctx) => {
  const body = await bodies[ctx.path === '/value' ? 'readValue' : 'read'](ctx, 100);
  if (body !== undefined) ctx.body = JSON.stringify(body);
});
const server = app.listen(0, '127.0.0.1');
t.teardown(() => server.close());
await once(server, 'listening');

async function send(path: string, body: string | Buffer, coding?: string) {
  const { port } = server.address() as AddressInfo;
  const headers = coding === undefined ? {} : { 'content-encoding': coding };
  const url = `http://127.0.0.1:${port}${path}`;
  const answer = await fetch(url, { method: 'POST', body: body as BodyInit, headers });
  return { status: answer.status, headers: answer.headers, json: JSON.parse(await answer.text()) };
}

t.test('a body that is JSON', async (t) => {
  for (const path of ['/', '/value'])
    for (const [coding, bytes] of [
      [undefined, '{"a":[1]}'],
      ['identity', '{"a":[1]}'],
      ['GZIP', gzipSync('{"a":[1]}')],
    ] as const)
      t.match(await send(path, bytes, coding), { status: 200, json: { value: { a: [1] } } });
});

t.test('what is no JSON', async (t) => {
  for (const [body, coding] of [
    ['', undefined],
    ['{', undefined],
    ['{}', 'gzip'],
    ['['.repeat(90), undefined],
  ] as const) {
    t.match(await send('/', body, coding), { status: 200, json: { kind: 'invalid' } });
    t.match(await send('/value', body, coding), {
      status: 422,
      json: { detail: [{ type: 'json_invalid' }] },
    });
  }
});

t.test('what others would read must be Unicode', async (t) => {
  for (const body of ['{"a":["\\ud800"]}', '{"\\udc00":1}']) {
    t.match(await send('/', body), { status: 200, json: { kind: 'ok' } }, 'a probe is not refused');
    t.match(await send('/value', body), {
      status: 422,
      json: { detail: [{ type: 'json_invalid', ctx: { error: /surrogate/ } }] },
    });
  }
});

t.test('what is not read', async (t) => {
  for (const path of ['/', '/value']) {
    const large = await send(path, `"${'x'.repeat(99)}"`);
    t.match(large, { status: 413, json: { detail: 'Body larger than 100 bytes' } });
    t.equal((await send(path, gzipSync(' '.repeat(101)), 'gzip')).status, 413);
    for (const coding of ['zstd', 'br']) {
      const other = await send(path, '{}', coding);
      t.equal(other.status, 415);
      t.equal(other.headers.get('accept-encoding'), 'gzip');
    }
  }
});
