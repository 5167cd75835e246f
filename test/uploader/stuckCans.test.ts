/** Cans that cannot go on: they wait for an operator, lose nothing, and hold up no other folder. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import {
  filesBelow,
  fillSpool,
  HOUR,
  type Host,
  jsonlRows,
  makeHost,
  publishedLines,
  readLog,
  sampleContent,
} from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;

const CAN = `${HOUR}_IT_webconnectivity.n1.0`;
const samples = (count: number) => Array.from({ length: count }, (_, at) => sampleContent(at));

/** A host whose run stopped after this step with a can of three measurements. */
async function stoppedAfter(t: Test, step: string): Promise<Host> {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  fillSpool(it, samples(3));
  await t.rejects(
    it.run({
      afterStep: (done) => {
        if (done === step) throw new Error('stop here');
      },
    }),
  );
  return it;
}

const edited = (change: (manifest: Record<string, unknown>) => object) => (file: string) =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
const emptied = (file: string) => writeFileSync(file, '');
const ADVICE = 'If the bucket has no object of this can, remove';

const DAMAGES: readonly {
  readonly name: string;
  readonly step: string;
  readonly suffix: string;
  readonly damage: (file: string) => void;
  readonly said: RegExp;
}[] = [
  {
    name: 'an index that is lost, of a can that is nowhere else',
    step: 'built',
    suffix: '.index',
    damage: emptied,
    said: new RegExp(`expected 3 lines, found 0. ${ADVICE}`),
  },
  {
    name: 'an index that is lost, of a can in the bucket',
    step: 'uploaded',
    suffix: '.index',
    damage: emptied,
    said: /expected 3 lines, found 0. Restore it.*"A can that cannot go on/,
  },
  {
    name: 'an index that is lost, of a can with a place in the log',
    step: 'log-places-decided',
    suffix: '.index',
    damage: emptied,
    said: /expected 3 lines, found 0. Restore it/,
  },
  {
    name: 'an index with a uid that is none',
    step: 'uploaded',
    suffix: '.index',
    damage: (file) =>
      writeFileSync(file, readFileSync(file, 'utf8').replace('"uid":"2026', '"uid":"../../2026')),
    said: /found 0, and then one that is not of this format \(uid: no measurement uid\)/,
  },
  {
    name: 'an index that cannot be read',
    step: 'built',
    suffix: '.index',
    damage: (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    said: /expected 3 lines, found 0.*EISDIR/,
  },
  {
    name: 'a manifest that is empty',
    step: 'uploaded',
    suffix: '.json',
    damage: emptied,
    said: new RegExp(`expected a manifest of version 1, but it is not JSON. ${ADVICE}`),
  },
  ...[
    ['an unknown step', (it: object) => ({ ...it, step: 'finished' }), 'step: '],
    ['no step', ({ step, ...it }: Record<string, unknown>) => it, 'step: '],
    ['another can', (it: object) => ({ ...it, can: CAN.replace('n1', 'n2') }), 'it is of '],
    ['a can that is none', (it: object) => ({ ...it, can: '../x' }), 'can: no name of a can'],
    ['no number of measurements', (it: object) => ({ ...it, measurements: '3' }), 'measurements: '],
    ['a place too early', (it: object) => ({ ...it, first_leaf: 0 }), 'a place in the log from'],
    ['logged without a place', (it: object) => ({ ...it, step: 'logged' }), 'a place in the log'],
    ['another version', (it: object) => ({ ...it, version: 2 }), 'version: '],
  ].map(([name, change, said]) => ({
    name: `a manifest with ${name}`,
    step: 'built',
    suffix: '.json',
    damage: edited(change as (manifest: Record<string, unknown>) => object),
    said: new RegExp(`expected a manifest of version 1, but ${said}`),
  })),
  {
    name: 'a tar that was cut off',
    step: 'built',
    suffix: '.tar.gz',
    damage: (file) => truncateSync(file, 100),
    said: new RegExp(`tar.gz: expected \\d+ bytes, found 100. ${ADVICE}`),
  },
  {
    name: 'a JSONL that is gone',
    step: 'built',
    suffix: '.jsonl.gz',
    damage: (file) => rmSync(file),
    said: new RegExp(`jsonl.gz cannot be read. ${ADVICE}.*ENOENT`),
  },
];

for (const { name, step, suffix, damage, said } of DAMAGES)
  t.test(name, async (t) => {
    const it = await stoppedAfter(t, step);
    const file = join(it.spoolDir, 'outgoing', CAN + suffix);
    const before = readFileSync(file);
    damage(file);
    fillSpool(it, samples(2), { test: 'tor' });
    fillSpool(it, samples(1), { fromUs: 50 });
    await t.rejects(it.run(), { message: /1 hour folders wait for an operator/, exitCode: 69 });
    t.match(it.logged.join(''), /err: a can cannot go on: its hour folder waits/);
    t.match(it.logged.join('').replaceAll('\\"', '"'), said);
    const incoming = join(it.spoolDir, 'incoming');
    t.same(readdirSync(incoming), [`${HOUR}_IT_webconnectivity`], 'another folder is published');
    t.equal(filesBelow(incoming).length, 4, 'nothing of its own is lost');

    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, before);
    await it.run();
    t.equal((await publishedLines(it.store)).length, 6);
    t.equal((await readLog(it)).length, 6);
    t.equal((await jsonlRows(it)).length, 6);
    t.same(filesBelow(incoming), []);
  });

t.test('a can that is taken back, as docs/archive.md says, is published again', async (t) => {
  for (const more of [0, 1]) {
    const it = await stoppedAfter(t, 'indexed');
    const bucket = fileURLToPath(it.config.s3.bucket);
    const objects = [`${CAN}.jsonl.gz`, `${CAN}.tar.gz`];
    t.strictSame(filesBelow(join(bucket, 'raw')), objects);
    const { s3path } = (await jsonlRows(it))[0]!;
    for (const name of objects) rmSync(join(bucket, s3path, '..', name));
    await it.clickhouse.command({
      query: `ALTER TABLE jsonl DELETE WHERE s3path = '${s3path}'`,
      clickhouse_settings: { mutations_sync: '1' },
    });
    rmSync(join(it.spoolDir, 'outgoing', `${CAN}.json`));
    fillSpool(it, samples(more), { fromUs: 50 });
    await it.run();
    const rows = await jsonlRows(it);
    t.equal(rows.length, 3 + more, 'its rows are there');
    t.ok(rows.every((row) => row.s3path === s3path));
    t.equal((await readLog(it)).length, 3 + more);
    t.notOk(existsSync(join(it.spoolDir, 'incoming', `${HOUR}_IT_webconnectivity`)));
  }
});
