/**
 * Buckets over plain HTTP: a web server that shows a folder, and services that can be listed.
 *
 * Covers src/edge/objects/s3Listing.ts.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { openHttp } from '../../../src/edge/objects/http.ts';
import { isListing, parseListing } from '../../../src/edge/objects/s3Listing.ts';
import { startStores } from './stores.ts';

async function serve(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(bucket: ReturnType<typeof openHttp>, key: string) {
  const stream = await bucket.read(key);
  if (stream === undefined) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

t.test('what a web server answers', async (t) => {
  const asked: string[] = [];
  const url = await serve(t, (request, answer) => {
    asked.push(`${request.url} ${request.headers['accept-encoding']}`);
    const name = request.url!.split('/').at(-1)!;
    if (name === 'none') answer.writeHead(404);
    else if (name === 'trouble') answer.writeHead(503);
    else if (name === 'moved') answer.writeHead(301, { location: '/' });
    else if (name === 'packed' || name === 'x.gz')
      answer.writeHead(200, { 'content-encoding': 'gzip' });
    else if (name === 'cut') {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('half');
      setTimeout(() => answer.destroy(), 20);
      return;
    } else if (name === 'silent') {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('half');
      return;
    }
    answer.end('bytes');
  });
  const bucket = openHttp(`${url}/archive/`, 10_000);
  t.equal(await textOf(bucket, 'raw/a+b'), 'bytes');
  t.equal(asked.at(-1), '/archive/raw/a%2Bb identity');
  t.equal(await textOf(bucket, 'none'), undefined);
  t.equal(await textOf(bucket, 'raw/x.gz'), 'bytes');
  await t.rejects(textOf(bucket, 'trouble'), { message: /trouble answers with 503/ });
  await t.rejects(textOf(bucket, 'moved'), { message: /moved answers with 301/ });
  await t.rejects(textOf(bucket, 'packed'), { message: /packed answers in gzip/ });
  await t.rejects(textOf(bucket, 'cut'), 'a body that is cut off');
  await t.rejects(textOf(openHttp(url, 50), 'silent'), 'a body that stops');
  await t.rejects(textOf(bucket, '../x'), { message: /not a key/ });
  t.equal(await bucket.canList(), false, 'some page is no list');
});

t.test('a service that can be listed', async (t) => {
  const stores = await startStores();
  t.teardown(() => stores.stop());
  const s3 = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const { store, bucket: name } = await s3.fresh();
  const endpoint = /endpoint = "(.*)"/.exec(s3.settings)![1];
  const bucket = openHttp(`${endpoint}/${name}`, 10_000);
  t.equal(await bucket.canList(), true, 'an empty one');
  const keys = ['log/x', 'raw/a+b=@.c', 'raw/b/c', 'raw/b/d'];
  for (const key of keys) await store.putBytes(key, Buffer.from(key), 'text/plain');
  const listed = [];
  for await (const object of bucket.list('raw/')) listed.push(object);
  t.same(
    listed,
    keys.slice(1).map((key) => ({ key, sizeBytes: key.length })),
  );
  for (const key of keys) t.equal(await textOf(bucket, key), key);
  t.equal(await textOf(bucket, 'raw/none'), undefined);
});

t.test('a list in pages', async (t) => {
  const url = await serve(t, (request, answer) => {
    const token = new URL(request.url!, 'http://x').searchParams.get('continuation-token');
    const next = token === null ? 'a b&c' : token === 'a b&c' ? 'last' : undefined;
    answer.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${next !== undefined}</IsTruncated>${
        next === undefined
          ? ''
          : `<NextContinuationToken>${next.replace('&', '&amp;')}</NextContinuationToken>`
      }<Contents><Key>raw/${token ?? 'first'}</Key><Size>1</Size></Contents></ListBucketResult>`.replace(
        '<Key>raw/a b&c<',
        '<Key>raw/a b&#38;c<',
      ),
    );
  });
  const keys = [];
  for await (const { key } of openHttp(url, 10_000).list('raw/')) keys.push(key);
  t.same(keys, ['raw/first', 'raw/a b&c', 'raw/last']);
});

t.test('answers that are no list, or no whole one', async (t) => {
  for (const text of ['', '<html>', '<Error><Code>AccessDenied</Code></Error>'])
    t.equal(isListing(text), false, text);
  const whole = '<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>';
  t.same(parseListing(whole).objects, [{ key: 'a', sizeBytes: 0 }]);
  t.throws(() => parseListing(whole.slice(0, -10)), /cut off/);
  t.throws(() => parseListing(whole.replace('<Key>a</Key>', '')), /without a key/);
  t.throws(
    () => parseListing(whole.replace('<Contents>', '<IsTruncated>true</IsTruncated><Contents>')),
    /no token/,
  );
});
