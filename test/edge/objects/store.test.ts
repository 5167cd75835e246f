/**
 * What the programs ask of a bucket, on a real S3 server and on a folder.
 *
 * Covers src/edge/objects/{folder, keys, s3}.ts.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import t from 'tap';
import type { ObjectStore } from '../../../src/edge/objects/store.ts';
import { startStores } from './stores.ts';

const stores = await startStores();
t.teardown(() => stores.stop());

async function text(stream: Readable | undefined): Promise<Buffer | undefined> {
  return stream === undefined ? undefined : Buffer.concat(await stream.toArray());
}

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

const sizes = [
  ['empty', 0],
  ['small', 1_000],
  ['largest single PUT', 6_291_456],
  ['in parts, the last one short', 6_291_457],
  ['in whole parts', 10_485_760],
] as const;

for (const kind of stores.kinds)
  t.test(`${kind.kind} as bucket`, async (t) => {
    const dir = t.testdir();

    t.test('gives back what was put, whatever its size', async (t) => {
      const { store } = await kind.fresh();
      for (const [name, size] of sizes) {
        const bytes = randomBytes(size);
        const file = join(dir, 'object');
        writeFileSync(file, bytes);
        const key = `a/file/${size}`;
        await store.putFile(key, file, 'application/gzip');
        await store.putBytes(`a/bytes/${size}`, bytes, 'text/plain');
        t.ok(bytes.equals((await text(await store.read(key)))!), `${name}: file`);
        t.ok(bytes.equals((await text(await store.read(`a/bytes/${size}`)))!), `${name}: bytes`);
        t.same(await store.head(key), { sizeBytes: size }, `${name}: size`);
      }
    });

    t.test('never overwrites, and finds its work done', async (t) => {
      const { store } = await kind.fresh();
      for (const [name, size] of sizes) {
        const bytes = randomBytes(size);
        const other = size === 0 ? Buffer.from('x') : randomBytes(size);
        const key = `once/${size}`;
        await store.putBytes(key, bytes, 'text/plain');
        await store.putBytes(key, bytes, 'text/plain');
        await t.rejects(store.putBytes(key, other, 'text/plain'), { name: 'ObjectExists' }, name);
        t.ok(bytes.equals((await text(await store.read(key)))!), `${name}: untouched`);
        await store.putBytes(key, other, 'text/plain', { replace: true });
        t.ok(other.equals((await text(await store.read(key)))!), `${name}: replaced on demand`);
      }
    });

    t.test('reads parts', async (t) => {
      const { store } = await kind.fresh();
      await store.putBytes('part', Buffer.from('0123456789'), 'text/plain');
      const cases = [
        ['from the start', 0, 3, '012'],
        ['in the middle', 4, 2, '45'],
        ['over the end', 8, 100, '89'],
        ['behind the end', 10, 5, ''],
        ['nothing', 3, 0, ''],
      ] as const;
      for (const [name, start, length, expected] of cases)
        t.equal((await store.readRange('part', start, length))?.toString(), expected, name);
    });

    t.test('an object that is not there', async (t) => {
      const { store } = await kind.fresh();
      t.equal(await store.head('no/such'), undefined);
      t.equal(await store.read('no/such'), undefined);
      t.equal(await store.readRange('no/such', 0, 1), undefined);
      t.equal(await store.readRange('no/such', 0, 0), undefined);
      t.same(await keys(store, 'no/'), []);
    });

    t.test('lists keys below a prefix, in order, page by page', async (t) => {
      const { store } = await kind.fresh();
      const names = ['raw/1/b', 'raw/1/a', 'raw/1.x', 'raw/10/a', 'raw/2/a', 'log/x'];
      for (const name of names) await store.putBytes(name, Buffer.from(name), 'text/plain');
      t.same(await keys(store, 'raw/'), ['raw/1.x', 'raw/1/a', 'raw/1/b', 'raw/10/a', 'raw/2/a']);
      t.same(await keys(store, 'raw/1'), ['raw/1.x', 'raw/1/a', 'raw/1/b', 'raw/10/a']);
      t.same(await keys(store, 'raw/1/'), ['raw/1/a', 'raw/1/b']);
      t.same(await keys(store, ''), [...names].sort());
      const many = Array.from({ length: 1_050 }, (_, at) => `many/${String(at).padStart(4, '0')}`);
      for (const name of many) await store.putBytes(name, Buffer.from('x'), 'text/plain');
      t.same(await keys(store, 'many/'), many);
    });

    t.test('keys stay inside the bucket', async (t) => {
      const { store } = await kind.fresh();
      for (const key of ['../x', '/etc/x', 'a/../../x', 'a//b', 'a/./b', '', 'a\nb', 'a/..'])
        await t.rejects(store.putBytes(key, Buffer.from('x'), 'text/plain'), /not a key/, key);
    });
  });

t.test('a folder keeps its objects readable for a web server', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const { statSync, readdirSync } = await import('node:fs');
  const root = join(t.testdir(), 'bucket');
  mkdirSync(root);
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  await openFolder(root).putBytes('raw/x/y', Buffer.from('x'), 'text/plain');
  t.equal(statSync(join(root, 'raw/x')).mode & 0o777, 0o755);
  t.equal(statSync(join(root, 'raw/x/y')).mode & 0o777, 0o644);
  t.same(readdirSync(join(root, '.tmp')), [], 'no temporary file is left');
});

t.test('a folder: what goes while it is listed is not there', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const root = join(t.testdir({ raw: { a: '', b: '', c: '', d: { e: '' } } }), 'raw');
  const listed: string[] = [];
  for await (const { key } of openFolder(root).list('')) {
    listed.push(key);
    for (const gone of ['b', 'd']) rmSync(join(root, gone), { recursive: true, force: true });
  }
  t.same(listed, ['a', 'c']);
});

t.test('a folder: many uploads into a new one at once', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const root = t.testdir();
  for (let round = 0; round < 10; round++) {
    const store = openFolder(join(root, `bucket-${round}`));
    const names = Array.from({ length: 16 }, (_, at) => `raw/${at % 3}/${at}`);
    await Promise.all(names.map((key) => store.putBytes(key, Buffer.from(key), 'text/plain')));
    t.same((await keys(store, 'raw/')).length, names.length);
  }
});

t.test('a folder: what a killed upload left unfinished is made good', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const { chmodSync, statSync } = await import('node:fs');
  const root = join(t.testdir(), 'bucket');
  mkdirSync(join(root, 'raw/x'), { recursive: true });
  for (const made of ['raw', 'raw/x']) chmodSync(join(root, made), 0o700);
  await openFolder(root).putBytes('raw/x/y', Buffer.from('x'), 'text/plain');
  for (const made of ['raw', 'raw/x'])
    t.equal(statSync(join(root, made)).mode & 0o777, 0o755, made);
});

t.test('a folder: a temporary name may be one of an object too', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const root = join(t.testdir(), 'bucket');
  const store = openFolder(root);
  await store.putBytes('raw/published', Buffer.from('published'), 'text/plain');
  // Killed between link() and the end of the temporary name, by a process of the same number: in a container it has one.
  for (let number = 0; number < 5_000; number++)
    linkSync(join(root, 'raw/published'), join(root, `.tmp/${process.pid}.${number}`));
  await store.putBytes('raw/next', Buffer.from('next'), 'text/plain');
  t.equal((await text(await store.read('raw/published')))?.toString(), 'published');
  t.equal((await text(await store.read('raw/next')))?.toString(), 'next');
});

t.test('a folder: of two uploads of one key at once, one wins and the other knows', async (t) => {
  const { openFolder } = await import('../../../src/edge/objects/folder.ts');
  const store = openFolder(join(t.testdir(), 'bucket'));
  for (let round = 0; round < 20; round++) {
    const both = [randomBytes(50_000), randomBytes(50_000)];
    const results = await Promise.allSettled(
      both.map((bytes) => store.putBytes(`race/${round}`, bytes, 'text/plain')),
    );
    const held = (await text(await store.read(`race/${round}`)))!;
    t.same(
      results.map(({ status }) => status === 'fulfilled'),
      both.map((bytes) => held.equals(bytes)),
    );
  }
});

t.test('S3: a whole can in one request, as the programs do it', async (t) => {
  const { openS3 } = await import('../../../src/edge/objects/s3.ts');
  const s3 = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const { bucket } = await s3.fresh();
  const store = openS3({
    bucket,
    endpoint: /endpoint = "(.*)"/.exec(s3.settings)![1]!,
    region: 'eu-central-1',
    pathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestTimeoutMs: 30_000,
    maxAttempts: 1,
  });
  t.teardown(() => store.close());
  for (const size of [20_000_000, 40_000_000]) {
    const bytes = randomBytes(size);
    await store.putBytes(`can/${size}`, bytes, 'application/gzip');
    t.ok(bytes.equals((await text(await store.read(`can/${size}`)))!), `${size} bytes`);
  }
});

t.test('a server that is not there is an error, not an absence', async (t) => {
  const { openS3 } = await import('../../../src/edge/objects/s3.ts');
  const { freePort } = await import('../../support/ports.ts');
  const store = openS3({
    bucket: 'bucket',
    endpoint: `http://127.0.0.1:${await freePort()}`,
    region: 'eu-central-1',
    pathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestTimeoutMs: 1_000,
    maxAttempts: 2,
  });
  t.teardown(() => store.close());
  await t.rejects(store.head('x'), /ECONNREFUSED/);
  await t.rejects(store.putBytes('x', Buffer.from('x'), 'text/plain'), /ECONNREFUSED/);
});
