/**
 * What the uploader published, proven by the api: the real engine, S3 and a folder as bucket.
 *
 * Covers src/api/routes/data/proofRoutes.ts, src/api/loggedPlace.ts, src/api/publishedLogs.ts.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { checkInclusion } from '../../src/core/archive/inclusionProof.ts';
import {
  encodeCheckpoint,
  encodePrivateKey,
  parsePrivateKey,
  parsePublicKey,
} from '../../src/core/archive/note.ts';
import { ask, startService } from '../api/support.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, makeHost, publishedLines, sampleContent } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const samples = (count: number, from: number) =>
  Array.from({ length: count }, (_, at) => sampleContent(from + at));

for (const kind of stores.kinds)
  t.test(`from ${kind.kind}`, async (t) => {
    const host = await makeHost(t.testdir(), kind, clickhouse.url);
    t.teardown(() => host.close());
    let broken = false;
    const api = await startService(t, {
      clickhouseUrl: clickhouse.url,
      config: { clickhouse: { url: clickhouse.url, database: host.database } },
      objects: () => ({
        ...host.store,
        read: async (key) => {
          if (broken) throw new Error('the bucket is away');
          return host.store.read(key);
        },
      }),
    });
    const proofOf = (uid: string) => ask(`${api.url}/api/v1/measurement/${uid}/proof`);
    const logOf = (path: string) => ask(`${api.url}/api/v1/log/${path}`);

    t.equal((await logOf('checkpoint')).status, 404, 'no log yet');
    const first = fillSpool(host, samples(300, 0));
    const before = await proofOf(first[0]!.uid);
    t.equal(before.status, 404, 'in the spool only');
    t.match(before.json.detail, /not published yet/);

    await host.run();
    const saved = (await logOf('checkpoint')).text;
    const second = fillSpool(host, samples(20, 300), { fromUs: 5000 });
    const third = fillSpool(host, samples(3, 400), { test: 'tor', cc: 'DE' });
    await host.run();

    const key = parsePrivateKey(readFileSync(host.config.log_key_file!, 'utf8'))!.verifier;
    const lines = await publishedLines(host.store);
    for (const { uid } of [...first.slice(250, 260), ...second, ...third]) {
      const { status, json, headers } = await proofOf(uid);
      t.equal(status, 200, uid);
      t.equal(headers.get('cache-control'), 'max-age=60');
      t.match(json, { measurement_uid: uid, collector_id: '1', tree_size: 323 });
      const checked = checkInclusion(json, key);
      if (checked.kind !== 'ok') return t.fail(checked.reason);
      t.same(json.leaf, {
        uid,
        sha256: checked.leaf.sha256,
        key: checked.leaf.key,
        line: checked.leaf.line,
      });
      const { text } = lines.find(
        ({ key, line }) => key === checked.leaf.key && line === checked.leaf.line,
      )!;
      t.equal(createHash('sha256').update(text).digest('hex'), checked.leaf.sha256, 'its line');
    }

    const checkpoint = await logOf('checkpoint');
    t.match(checkpoint.text, /^example\.org\/n1\n323\n/);
    t.not(checkpoint.text, saved);
    t.equal(checkpoint.headers.get('content-type'), 'text/plain; charset=utf-8');
    t.equal(checkpoint.text, (await proofOf(first[0]!.uid)).json.checkpoint);
    t.equal(parsePublicKey((await logOf('key')).text)?.text, key.text);
    t.equal((await logOf('key?collector_id=1')).text, (await logOf('key')).text);
    for (const other of ['2', '../n1', '', 'x/'])
      t.equal((await logOf(`key?collector_id=${encodeURIComponent(other)}`)).status, 404, other);

    const unknown = await proofOf(first[0]!.uid.replace(/.$/, 'z'));
    t.equal(unknown.status, 404);
    t.equal(unknown.headers.get('content-type'), 'application/json');

    broken = true;
    const away = await proofOf(first[0]!.uid);
    t.equal(away.status, 503, 'the bucket cannot be read: come again');
    t.ok(away.headers.get('retry-after'));
    t.equal((await logOf('checkpoint')).status, 503);
    t.match(api.lines.join('\n'), /cannot read the log of what was published/);
  });

t.test('a pinned key: only what it signed is served', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const host = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => host.close());
  const [sent] = fillSpool(host, [...samples(5, 0), 'not JSON']);
  await host.run();
  const { verifier } = parsePrivateKey(readFileSync(host.config.log_key_file!, 'utf8'))!;
  const start = (log_public_key: string) =>
    startService(t, {
      clickhouseUrl: clickhouse.url,
      config: { clickhouse: { url: clickhouse.url, database: host.database }, log_public_key },
      objects: () => host.store,
    });
  const paths = [`measurement/${sent!.uid}/proof`, 'log/checkpoint', 'log/key'];
  const api = await start(verifier.text);
  for (const path of paths) t.equal((await ask(`${api.url}/api/v1/${path}`)).status, 200, path);
  t.notMatch(api.lines.join('\n'), /the log of what was published|another key/);

  // Whoever can write to the bucket puts a log of their own there.
  const other = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 8)))!;
  const put = (path: string, text: string) =>
    host.store.putBytes(`log/n1/${path}`, Buffer.from(text), 'text/plain', { replace: true });
  const note = (await ask(`${api.url}/api/v1/log/checkpoint`)).text;
  const [, size, root] = note.split('\n');
  const checkpoint = { size: Number(size), root: Buffer.from(root!, 'base64') };
  await put('checkpoint', encodeCheckpoint(checkpoint, other));
  for (const path of paths) t.equal((await ask(`${api.url}/api/v1/${path}`)).status, 503, path);
  await put('key', other.verifier.text);
  for (const path of paths) {
    const answer = await ask(`${api.url}/api/v1/${path}`);
    t.equal(answer.status, 503, path);
    t.notMatch(answer.text, other.verifier.text);
  }
  t.match(api.lines.join(''), /err: the log of what was published is not as it should be/);
  t.match(api.lines.join(''), `expected ${verifier.text}`);
});

t.test('a measurement without a line', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const host = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => host.close());
  const [sent] = fillSpool(host, ['not JSON']);
  await host.run();
  const api = await startService(t, {
    clickhouseUrl: clickhouse.url,
    config: { clickhouse: { url: clickhouse.url, database: host.database } },
    objects: () => host.store,
  });
  const { status, json } = await ask(`${api.url}/api/v1/measurement/${sent!.uid}/proof`);
  t.equal(status, 404);
  t.match(json.detail, /it may be in a log still, but has no proof here/);
});

t.test('several hosts in one bucket: each measurement from its own log', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const bucket = await kind.fresh();
  const one = await makeHost(`${t.testdir({ a: {}, b: {} })}/a`, kind, clickhouse.url, { bucket });
  const two = await makeHost(one.dir.replace(/a$/, 'b'), kind, clickhouse.url, {
    bucket,
    database: one.database,
    collectorId: '2',
  });
  t.teardown(() => Promise.all([one.close(), two.close()]));
  const [here] = fillSpool(one, [sampleContent(1)]);
  const [there] = fillSpool(two, [sampleContent(2), sampleContent(3)], { fromUs: 9 });
  await one.run();
  await two.run();
  const api = await startService(t, {
    clickhouseUrl: clickhouse.url,
    config: { clickhouse: { url: clickhouse.url, database: one.database } },
    objects: () => bucket.store,
  });
  const answer = async (uid: string) =>
    (await ask(`${api.url}/api/v1/measurement/${uid}/proof`)).json;
  t.match(await answer(here!.uid), { collector_id: '1', tree_size: 1, leaf_index: 0 });
  t.match(await answer(there!.uid), { collector_id: '2', tree_size: 2, leaf_index: 0 });
  t.match((await ask(`${api.url}/api/v1/log/checkpoint`)).text, /^example\.org\/n1\n1\n/);
  t.match(
    (await ask(`${api.url}/api/v1/log/checkpoint?collector_id=2`)).text,
    /^example\.org\/n2\n2\n/,
  );
});
