/**
 * The site file on a real nginx with TLS, in front of what answers as the api does: how old the answers
 * may be that its cache gives.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type Nginx, nginxProgram, startNginx } from '../support/nginx.ts';

if (nginxProgram === undefined) {
  t.pass('no nginx on this machine', { skip: 'make setup fetches it' });
  process.exit();
}

/** What the api says of its answer by path, and whether it answers at all. */
let answers: (path: string, serial: number, response: ServerResponse) => void = () => {};
let serial = 0;
/** Of the last request that reached the api. */
let capability: string | string[] | undefined;
const upstream = createServer((asked, response) => {
  capability = asked.headers['surrogate-capability'];
  answers(asked.url!, serial++, response);
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const dir = t.testdir();
const nginx = await startNginx(dir, (upstream.address() as AddressInfo).port);
t.teardown(async () => {
  await nginx.stop();
  upstream.close();
});

interface Got {
  readonly status: number;
  readonly cache: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
const get = (path: string, from: Nginx = nginx, headers: Record<string, string> = {}) =>
  new Promise<Got>((resolve, reject) => {
    const asking = request(
      from.url + path,
      { ca: from.certificate, agent: false, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            cache: response.headers['x-cache-status'] as string | undefined,
            text,
          }),
        );
      },
    );
    asking.on('error', reject);
    asking.end();
  });
/** What a block of docs/install.md writes into a file. */
const documented = (block: string) =>
  new RegExp(`<!-- test: ${block} -->[^]*?<<'EOF'\\n([^]*?)EOF\\n`).exec(
    readFileSync('docs/install.md', 'utf8'),
  )![1]!;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const answering = (caching: string) => {
  answers = (_path, number, response) =>
    response.writeHead(200, { 'Cache-Control': caching }).end(String(number));
};

t.test('what is asked for often comes from the cache', async (t) => {
  answering('max-age=60');
  const first = await get('/often');
  t.match(first, { status: 200, cache: 'MISS' });
  t.match(capability, /stale-while-revalidate/, 'the api hears that answers may be stale');
  t.match(await get('/often'), { status: 200, cache: 'HIT', text: first.text });
});

t.test('nothing older than the api lets it be, however seldom it is asked for', async (t) => {
  const firsts: [path: string, first: Got][] = [];
  for (const [path, caching] of [
    ['/search', 'max-age=1, stale-while-revalidate=1, stale-if-error=3600'],
    ['/body', 'max-age=1'],
  ] as const) {
    answering(caching);
    firsts.push([path, await get(path)]);
  }
  // nginx counts in whole seconds.
  await sleep(4_000);
  for (const [path, first] of firsts) {
    const second = await get(path);
    t.equal(second.status, 200);
    t.not(second.text, first.text, `${path}: asked anew, not answered with the old one`);
    t.equal(second.cache, 'EXPIRED', path);
  }
});

t.test('while it asks anew, the old one is served at once', async (t) => {
  answering('max-age=1, stale-while-revalidate=3600');
  const first = await get('/popular');
  await sleep(3_000);
  t.match(await get('/popular'), { status: 200, cache: 'STALE', text: first.text });
  while ((await get('/popular')).text === first.text) await sleep(20);
  t.pass('and the new one soon after');
});

t.test('what a client has already is not sent again, compressed or not', async (t) => {
  const body = JSON.stringify({ pad: 'x'.repeat(2_000) });
  let asked = 0;
  answers = (_path, _number, response) => {
    asked++;
    response
      .writeHead(200, {
        'Content-Type': 'application/json',
        'Cache-Control': 'max-age=86400',
        ETag: '"a-tag"',
      })
      .end(body);
  };
  for (const encoding of ['identity', 'gzip']) {
    const headers = { 'Accept-Encoding': encoding };
    const first = await get('/body-with-tag', nginx, headers);
    t.equal(first.status, 200);
    const tag = first.headers.etag!;
    t.match(tag, /^(W\/)?"a-tag"$/, encoding);
    const again = await get('/body-with-tag', nginx, { ...headers, 'If-None-Match': tag });
    t.match(again, { status: 304, text: '' }, encoding);
    t.equal(again.headers.etag?.replace('W/', ''), '"a-tag"');
    t.equal(again.headers['cache-control'], 'max-age=86400');
    const other = await get('/body-with-tag', nginx, { ...headers, 'If-None-Match': '"b"' });
    t.equal(other.status, 200);
  }
  t.equal(asked, 1, 'the api was asked once');
});

t.test('what the api refuses is passed on as it is, and never kept', async (t) => {
  for (const [path, status, headers] of [
    ['/gone', 404, { 'Cache-Control': 'no-cache' }],
    ['/quota', 429, { 'Cache-Control': 'no-cache', 'Retry-After': '17' }],
    ['/busy', 503, { 'Cache-Control': 'no-cache', 'Retry-After': '60' }],
    ['/slow', 504, { 'Cache-Control': 'no-cache' }],
    ['/broken', 422, { 'Cache-Control': 'no-cache' }],
  ] as const) {
    answers = (_path, number, response) =>
      response
        .writeHead(status, {
          ...headers,
          'Content-Type': 'application/json',
          'Access-Control-Allow-Origin': 'https://explorer.ooni.org',
        })
        .end(JSON.stringify({ error: String(number) }));
    const [first, second] = [await get(path), await get(path)];
    for (const got of [first, second]) {
      t.equal(got.status, status, path);
      t.equal(got.headers['access-control-allow-origin'], 'https://explorer.ooni.org', path);
      t.equal(got.headers['cache-control'], 'no-cache', path);
      if ('Retry-After' in headers)
        t.equal(got.headers['retry-after'], headers['Retry-After'], `${path}: its own`);
    }
    t.not(second.text, first.text, `${path}: asked anew`);
  }
  answering('max-age=60');
  t.equal((await get('/gone')).status, 200, 'there now');
});

t.test('an api that cannot be reached', async (t) => {
  const cases = [
    ['/search-down', 'max-age=1, stale-if-error=3600', { status: 200, cache: 'STALE' }],
    ['/search-down-long', 'max-age=1, stale-if-error=1', { status: 503 }],
    ['/body-down', 'max-age=1', { status: 503 }],
  ] as const;
  const firsts = new Map<string, Got>();
  for (const [path, caching] of cases) {
    answering(caching);
    firsts.set(path, await get(path));
  }
  answers = (_path, _number, response) => response.destroy();
  await sleep(4_000);
  for (const [path, caching, expected] of cases) {
    const first = firsts.get(path)!;
    const second = await get(path);
    t.match(second, expected, `${path}: ${caching}`);
    if (expected.status === 200) t.equal(second.text, first.text);
    else {
      t.match(JSON.parse(second.text), {
        detail: 'Not available at the moment',
        error: 'Not available at the moment',
        message: 'Not available at the moment',
      });
      t.match(second.headers, {
        'retry-after': '30',
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
        'strict-transport-security': /max-age/,
      });
    }
  }
});

t.test('the host has lines of its own, with no edit of the site file', async (t) => {
  const ownDir = t.testdir();
  const [networks, { port }] = [documented('nginx-own'), upstream.address() as AddressInfo];
  const helper = 'location = / { return 200 "test helper"; }\n';
  const own = await startNginx(
    ownDir,
    port,
    networks.replace('192.0.2.0/24', '127.0.0.0/8') + helper,
  );
  t.teardown(() => own.stop());
  answering('no-cache');
  t.match(await get('/', own), { status: 200, text: 'test helper' });
  await get('/of-a-proxy', own, { 'X-Forwarded-For': '203.0.113.9' });
  const log = () => readFileSync(join(ownDir, 'log'), 'utf8');
  while (!log().includes('of-a-proxy')) await sleep(20);
  t.match(log(), /203\.0\.113\.0 .*of-a-proxy/, 'the address that the proxy saw, cut short');
});

t.test('no token and no address of mail in the log', async (t) => {
  answering('no-cache');
  for (const path of [
    '/api/v1/user_login?k=secret-token',
    '/api/v1/user%5Flogin?k=secret-token',
    '/api/v1/get_account_role/secret@example.org',
    '/api/v1/measurements?domain=plain.example',
  ])
    await get(path);
  const log = () => readFileSync(join(dir, 'log'), 'utf8');
  while (!log().includes('plain.example')) await sleep(20);
  t.match(log(), '"GET /api/v1/user_login?k=- HTTP/1.1" 200');
  t.match(log(), '"GET /api/v1/get_account_role/- HTTP/1.1" 200');
  t.match(log(), '"GET /api/v1/measurements?domain=plain.example HTTP/1.1" 200');
  t.notMatch(log(), 'secret');
});
