/**
 * Copies in quarantine go once they are old and proved published; all else stays.
 *
 * Covers src/edge/spool/quarantineAge.ts.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { makeMeasurementUid } from '../../../src/core/measurement/measurementUid.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import {
  envelope,
  fillSpool,
  type Host,
  makeHost,
  type Sample,
  sampleContent,
} from '../fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;
const DAY_MS = 86_400_000;
/** The time that a file came into a folder cannot be set: the runs are later instead. */
const after = (days: number) => () => Date.now() + days * DAY_MS;

const hostOf = async (t: Test, options: Parameters<typeof makeHost>[3] = {}) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url, options);
  t.teardown(() => it.close());
  return it;
};
const inQuarantine = (it: Host) => readdirSync(join(it.spoolDir, 'quarantine')).sort();
const put = (it: Host, name: string, bytes: string | Buffer) =>
  writeFileSync(join(it.spoolDir, 'quarantine', name), bytes);
/** As the fastpath keeps what it could not score. */
const keep = (it: Host, { uid, post }: Sample) => {
  put(it, `${uid}.reason`, 'the fastpath could not score it\n');
  put(it, `${uid}.post.gz`, gzipSync(post));
};
const namesOf = (...samples: Sample[]) =>
  samples.flatMap(({ uid }) => [`${uid}.post.gz`, `${uid}.reason`]).sort();
const UNPARSED = Buffer.from('{"content":{"a":1,}');

t.test('what is published goes after its days, with its reason', async (t) => {
  const it = await hostOf(t, {
    extra: `metrics_textfile = "${join(t.testdir({}), 'ooni.prom')}"`,
  });
  const [unparsed, scored] = fillSpool(it, [UNPARSED, sampleContent(1)]) as [Sample, Sample];
  const [old] = fillSpool(it, [sampleContent(2)], { fromUs: 9 }) as [Sample];
  await it.run();
  keep(it, scored);
  put(it, `${old.uid}.post`, old.post);
  put(it, `${old.uid}.post.reason`, 'of a release before\n');
  const all = inQuarantine(it);
  t.equal(all.length, 6, 'the uploader kept what could not be parsed');
  t.ok(all.includes(`${unparsed.uid}.post.gz`));
  await it.run({ now: after(29) });
  t.same(inQuarantine(it), all, 'not before');
  await it.run({ now: after(31) });
  t.same(inQuarantine(it), []);
  const line = it.logged.find((one) => one.includes('aged out of quarantine'));
  t.match(line, /measurements=3|"measurements":3/);
  t.match(
    readFileSync(it.config.metrics_textfile!, 'utf8'),
    /^ooni_uploader_quarantine_aged_out_total 3$/m,
  );
});

t.test('0 days: it stays for ever', async (t) => {
  const it = await hostOf(t, { extra: 'quarantine_keep_days = 0' });
  fillSpool(it, [UNPARSED]);
  await it.run();
  const all = inQuarantine(it);
  await it.run({ now: after(10_000) });
  t.same(inQuarantine(it), all);
});

t.test('what is not proved published stays', async (t) => {
  const it = await hostOf(t);
  const samples = fillSpool(
    it,
    Array.from({ length: 5 }, (_, at) => sampleContent(at)),
  ) as [Sample, Sample, Sample, Sample, Sample];
  await it.run();
  const [pending, other, linked, damaged, folderThere] = samples;
  const dir = join(it.spoolDir, 'quarantine');
  const waiting = { uid: pending.uid, post: pending.post };
  keep(it, waiting);
  writeFileSync(join(it.spoolDir, 'pending', `${pending.uid}.post`), pending.post);
  // Under the name of a published measurement, but not its bytes: nobody has them else.
  put(it, `${other.uid}.post`, envelope('{"other":1}'));
  put(it, `${other.uid}.post.gz`, gzipSync('{}'));
  symlinkSync(join(it.dir, 'log-key'), join(dir, `${linked.uid}.post.gz`));
  put(it, `${damaged.uid}.post.gz`, gzipSync(damaged.post).subarray(0, 100));
  mkdirSync(join(dir, `${folderThere.uid}.post.gz`));
  const neverText = envelope(sampleContent(77));
  const never = {
    uid: makeMeasurementUid(
      Date.UTC(2026, 7, 21, 10) * 1000 + 77,
      'IT',
      'webconnectivity',
      neverText,
    ),
    post: neverText,
  };
  keep(it, never);
  put(it, '2026082110_IT_webconnectivity', 'no folder');
  put(it, 'notes-of-an-operator', 'do not lose');
  const all = inQuarantine(it);
  await it.run({ now: after(400) });
  t.same(inQuarantine(it), all);
  t.ok(existsSync(join(it.dir, 'log-key')));
  // Scored since: nothing holds it any more.
  unlinkSync(join(it.spoolDir, 'pending', `${pending.uid}.post`));
  await it.run({ now: after(400) });
  t.same(
    inQuarantine(it),
    all.filter((name) => !namesOf(waiting).includes(name)),
  );
});

t.test(
  'an object that is gone from the bucket, a can that is stuck, a table without places',
  async (t) => {
    const it = await hostOf(t);
    fillSpool(it, [UNPARSED]);
    await it.run();
    const all = inQuarantine(it);
    const objects: string[] = [];
    for await (const { key } of it.store.list('raw/')) objects.push(key);
    const tar = join(
      it.config.s3.bucket.slice('file://'.length),
      objects.find((key) => key.endsWith('.tar.gz'))!,
    );
    cpSync(tar, join(it.dir, 'saved'));
    rmSync(tar);
    await it.run({ now: after(31) });
    t.same(inQuarantine(it), all, 'the tar alone has the bytes');
    cpSync(join(it.dir, 'saved'), tar);

    const manifest = join(it.spoolDir, 'outgoing', '2026082110_IT_webconnectivity.n1.7.json');
    writeFileSync(manifest, 'damaged');
    await t.rejects(it.run({ now: after(31) }), /wait for an operator/);
    t.same(inQuarantine(it), all, 'a can of the hour waits');
    rmSync(manifest);

    await it.clickhouse.command({ query: 'TRUNCATE TABLE archive_log' });
    await it.run({ now: after(31) });
    t.same(inQuarantine(it), all, 'no place is known');
  },
);

t.test('another host, and a lost state folder', async (t) => {
  const one = await hostOf(t);
  const two = await makeHost(join(one.dir, 'two'), folder, clickhouse.url, {
    bucket: { store: one.store, bucket: one.config.s3.bucket },
    database: one.database,
    collectorId: '2',
  });
  t.teardown(() => two.close());
  fillSpool(one, [UNPARSED]);
  await one.run();
  cpSync(join(one.spoolDir, 'quarantine'), join(two.spoolDir, 'quarantine'), { recursive: true });
  const all = inQuarantine(one);
  await two.run({ now: after(31) });
  t.same(inQuarantine(two), all, 'the log of another host is not asked');
  rmSync(one.stateDir, { recursive: true });
  await one.run({ now: after(31) });
  t.same(inQuarantine(one), []);
});

t.test('leftovers of a crash go; nothing else with a dot does', async (t) => {
  const it = await hostOf(t, { extra: 'quarantine_keep_days = 2' });
  const temporary = '.0d9f4c7e-1111-4222-8333-444455556666.tmp';
  const [sample] = fillSpool(it, [sampleContent(1)]) as [Sample];
  put(it, temporary, 'half');
  put(it, '.mine.tmp', 'an operator');
  put(it, `${sample.uid}.reason`, 'its copy was never written');
  put(it, 'stranger.reason', 'of what was taken away');
  const all = inQuarantine(it);
  await it.run();
  t.same(inQuarantine(it), all, 'it may be being written');
  await it.run({ now: after(3) });
  t.same(inQuarantine(it), ['.mine.tmp', 'stranger.reason']);
});
