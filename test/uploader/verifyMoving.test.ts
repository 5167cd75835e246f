/** A check of an archive that changes meanwhile, over connections that break: no false verdict. */
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { encodePrivateKey, parsePrivateKey } from '../../src/core/archive/note.ts';
import { makeLog } from '../../src/log/log.ts';
import { removeCommand } from '../../src/uploader/commands/remove.ts';
import type { Bucket } from '../../src/uploader/verify/archiveSource.ts';
import { openReport } from '../../src/uploader/verify/report.ts';
import { verify } from '../../src/uploader/verify/verifyArchive.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, type Host, makeHost, type Sample, sampleContent } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const { verifier } = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 7)))!;
const samples = (count: number, from: number) =>
  Array.from({ length: count }, (_, at) => sampleContent(from + at));
/** Long after the hour of the measurements: nothing of it is on its way. */
const LATER_MS = Date.UTC(2027, 0, 1);

async function check(bucket: Bucket, logTries = 1) {
  const found: string[] = [];
  const verified = await verify({
    objects: bucket,
    collectorId: '1',
    verifier,
    onlyNew: false,
    nowMs: LATER_MS,
    report: openReport((line) => found.push(line)),
    onLine: async () => {},
    onProgress: () => {},
    pace: { tries: { attempts: 3, firstPauseMs: 1 }, logTries, logPauseMs: 1 },
  });
  return { ...verified, found };
}

for (const kind of stores.kinds)
  t.test(`in ${kind.kind}`, async (t) => {
    const published = async (t: Test): Promise<{ host: Host; sent: Sample[] }> => {
      const host = await makeHost(t.testdir(), kind, clickhouse.url);
      t.teardown(() => host.close());
      const sent = fillSpool(host, samples(30, 0));
      await host.run();
      return { host, sent };
    };
    /** The bucket, with something done before the first read or list of what begins so. */
    const when = (host: Host, begins: string, act: () => Promise<void>): Bucket => {
      let acted = false;
      const before = async (name: string) => {
        if (acted || !name.startsWith(begins)) return;
        acted = true;
        await act();
      };
      return {
        name: host.store.name,
        async read(key) {
          await before(`read ${key}`);
          return host.store.read(key);
        },
        async *list(prefix) {
          await before(`list ${prefix}`);
          yield* host.store.list(prefix);
        },
      };
    };
    const remove = (host: Host, uid: string) =>
      removeCommand({
        config: host.config,
        configFile: host.configFile,
        log: makeLog({ level: 'err', journald: false, write: () => {} }),
        now: Date.now,
        uids: [uid],
        reason: 'asked for by the sender',
        dryRun: false,
        print: () => {},
      });

    for (const begins of ['read raw/', 'list raw/'])
      t.test(`late measurements published at the first ${begins}`, async (t) => {
        const { host } = await published(t);
        fillSpool(host, samples(300, 100), { fromUs: 900 });
        const bucket = when(host, begins, () => host.run());
        const { found, note } = await check(bucket);
        t.same(found, []);
        t.match(note, /^example\.org\/n1\n30\n/, 'the checkpoint that was checked is kept');
      });

    t.test('an object whose log entry follows a little later', async (t) => {
      const { host } = await published(t);
      fillSpool(host, samples(3, 100), { fromUs: 900 });
      let checkpoints = 0;
      const old = await readAll(host.store, 'log/n1/checkpoint');
      const bucket: Bucket = {
        ...when(host, 'list raw/', () => host.run()),
        async read(key) {
          if (key === 'log/n1/checkpoint' && checkpoints++ < 2) return Readable.from([old]);
          return host.store.read(key);
        },
      };
      t.same((await check(bucket, 4)).found, []);
      t.equal(checkpoints, 3, 'asked again until it was there');
    });

    for (const begins of ['read raw/', 'list raw/'])
      t.test(`a removal at the first ${begins}`, async (t) => {
        const { host, sent } = await published(t);
        const bucket = when(host, begins, () => remove(host, sent[7]!.uid));
        const { found } = await check(bucket);
        t.notMatch(found.join('\n'), /problem/);
      });

    t.test('a removal between the two objects of a can', async (t) => {
      const { host, sent } = await published(t);
      let raw = 0;
      const bucket: Bucket = {
        ...host.store,
        async read(key) {
          if (key.startsWith('raw/') && ++raw === 2) await remove(host, sent[7]!.uid);
          return host.store.read(key);
        },
      };
      t.notMatch((await check(bucket)).found.join('\n'), /problem/);
    });

    t.test('a log that is forked meanwhile', async (t) => {
      const { host } = await published(t);
      const other = await published(t);
      fillSpool(other.host, samples(9, 300), { fromUs: 900 });
      await other.host.run();
      let checkpoints = 0;
      const forked = await readAll(other.host.store, 'log/n1/checkpoint');
      const bucket: Bucket = {
        ...host.store,
        read: async (key) =>
          key === 'log/n1/checkpoint' && checkpoints++ > 0
            ? Readable.from([forked])
            : host.store.read(key),
      };
      t.match((await check(bucket)).found.join('\n'), /problem: log: /);
    });

    t.test('connections that break in the middle', async (t) => {
      const { host } = await published(t);
      const broken = (every: (key: string, tried: number) => boolean): Bucket => {
        const tried = new Map<string, number>();
        return {
          ...host.store,
          async read(key) {
            tried.set(key, (tried.get(key) ?? 0) + 1);
            const bytes = await readAll(host.store, key);
            if (!every(key, tried.get(key)!)) return Readable.from([bytes]);
            return Readable.from(
              (async function* () {
                yield bytes.subarray(0, bytes.length / 2);
                throw new Error('read ECONNRESET');
              })(),
            );
          },
        };
      };
      const all = await check(broken((_, tried) => tried < 3));
      t.same(all.found, [], 'each thing twice');
      t.match(all, { leaves: 30, lines: 30, objects: 1 });
      for (const what of ['.jsonl.gz', '.tar.gz', 'tile/0/000.p/30', 'checkpoint'])
        await t.rejects(check(broken((key) => key.endsWith(what))), {
          message: new RegExp(
            `^cannot read \\S+${what.replaceAll('.', '\\.')} \\(tried 3 times\\)`,
          ),
          cause: { message: 'read ECONNRESET' },
        });
    });
  });

async function readAll(bucket: Bucket, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await bucket.read(key))!) chunks.push(chunk);
  return Buffer.concat(chunks);
}
