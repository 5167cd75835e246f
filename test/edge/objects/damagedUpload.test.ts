/**
 * Uploads through something that changes bytes on their way, to a server that does not check them.
 *
 * Covers src/edge/objects/{digest, s3Upload}.ts.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { openS3 } from '../../../src/edge/objects/s3.ts';
import { startS3 } from '../../support/s3.ts';

const s3 = await startS3();
t.teardown(() => s3.stop());

interface Tampering {
  /** Bodies that get a byte changed; the others pass as they are. */
  damaged?: number;
  /** The headers of an answer to this method, as they are passed on. */
  answer?(method: string, headers: IncomingHttpHeaders): IncomingHttpHeaders;
}

/** A bucket behind a proxy that does this, and the requests that went through. */
async function behind(t: Test, name: string, tampering: Tampering) {
  const requests: string[] = [];
  let left = tampering.damaged ?? 0;
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(await request.toArray());
    requests.push(method);
    if (method === 'PUT' && body.length > 0 && left > 0) {
      left--;
      body[body.length >> 1]! ^= 1;
    }
    const passed = send(`${s3.endpoint}${url}`, { method, headers }, (answer) => {
      const changed = tampering.answer?.(method, answer.headers) ?? answer.headers;
      response.writeHead(answer.statusCode!, changed);
      answer.pipe(response);
    });
    passed.end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await s3.createBucket(name);
  const store = openS3({
    bucket: name,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: s3.region,
    pathStyle: true,
    credentials: s3.credentials,
    requestTimeoutMs: 60_000,
    maxAttempts: 2,
    limits: { singlePutMaxBytes: 6_291_456, partBytes: 5_242_880 },
  });
  t.teardown(() => {
    store.close();
    server.closeAllConnections();
    return new Promise<void>((done) => server.close(() => done()));
  });
  const read = async (key: string) => Buffer.concat(await (await store.read(key))!.toArray());
  return { store, requests, read };
}

const sizes = [
  ['whole', 100_000],
  ['in parts', 11_000_000],
] as const;

for (const [how, size] of sizes)
  for (const replace of [false, true])
    t.test(`${how}, ${replace ? 'replacing' : 'new'}`, async (t) => {
      const bytes = randomBytes(size);
      const name = `once-${size}-${replace}`;
      const once = await behind(t, name, { damaged: 1 });
      if (replace) await once.store.putBytes('key', randomBytes(10), 'text/plain', { replace });
      await once.store.putBytes('key', bytes, 'text/plain', { replace });
      t.ok(bytes.equals(await once.read('key')), 'sent again');

      const always = await behind(t, `always-${size}-${replace}`, { damaged: 100 });
      await t.rejects(always.store.putBytes('key', bytes, 'text/plain', { replace }), {
        name: 'DamagedUpload',
        message: /key has other bytes in the bucket than were sent/,
      });
    });

t.test('what lies there damaged is not taken for the same', async (t) => {
  const bytes = randomBytes(1_000);
  const it = await behind(t, 'before', { damaged: 2 });
  await t.rejects(it.store.putBytes('key', bytes, 'text/plain'), { name: 'DamagedUpload' });
  await t.rejects(it.store.putBytes('key', bytes, 'text/plain'), { name: 'ObjectExists' });
  await it.store.putBytes('key', bytes, 'text/plain', { replace: true });
  t.ok(bytes.equals(await it.read('key')));
});

t.test('an ETag that is no MD5: the object is read back', async (t) => {
  const etags: readonly [string, (etag: string | undefined) => string | undefined][] = [
    ['made of something else', () => '"0123456789abcdef0123456789abcdef"'],
    ['parts of another size', (etag) => `${etag?.slice(0, 33)}-7"`],
    ['none', () => undefined],
  ];
  for (const [at, [name, change]] of etags.entries())
    for (const [how, size] of sizes) {
      const bytes = randomBytes(size);
      const answer = (method: string, headers: IncomingHttpHeaders) => {
        if (method !== 'HEAD') return headers;
        const { etag, ...rest } = headers;
        const changed = etag === undefined ? undefined : change(etag);
        return changed === undefined ? rest : { ...rest, etag: changed };
      };
      const good = await behind(t, `etag-${at}-${size}`, { answer });
      await good.store.putBytes('key', bytes, 'text/plain');
      t.equal(good.requests.filter((method) => method === 'GET').length, 1, `${name}, ${how}`);
      const bad = await behind(t, `bad-etag-${at}-${size}`, { answer, damaged: 100 });
      await t.rejects(bad.store.putBytes('key', bytes, 'text/plain'), `${name}, ${how}, damaged`);
    }
});

t.test('an ETag that fits: nothing is read back', async (t) => {
  const it = await behind(t, 'plain', {});
  for (const [how, size] of sizes) {
    await it.store.putBytes(`key-${size}`, randomBytes(size), 'text/plain');
    t.notOk(it.requests.includes('GET'), how);
  }
});
