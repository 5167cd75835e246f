/** What another user put into incoming/ is neither published nor followed, and holds nothing up. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { makeMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import {
  envelope,
  fillSpool,
  HOUR,
  makeHost,
  objectsOf,
  publishedLines,
  sampleContent,
  sampleLine,
} from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;

const hostOf = async (t: Test, extra = '') => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url, { extra });
  t.teardown(() => it.close());
  return it;
};
let serial = 0;
const uidIn = (hourUs: number) =>
  makeMeasurementUid(hourUs + 900_000_000 + serial++, 'IT', 'webconnectivity', envelope('{}'));
const HOUR_US = Date.UTC(2026, 7, 21, 10) * 1000;

t.test('links, pipes, folders, foreign hours and sizes go to quarantine', async (t) => {
  const it = await hostOf(t);
  const [good] = fillSpool(it, [sampleContent(1)]);
  const hour = join(it.spoolDir, 'incoming', `${HOUR}_IT_webconnectivity`);
  const key = join(it.dir, 'log-key');
  const secret = readFileSync(key, 'utf8');
  const put: [string, (file: string) => void, RegExp][] = [
    [uidIn(HOUR_US), (file) => symlinkSync(key, file), /a symbolic link/],
    [uidIn(HOUR_US), (file) => symlinkSync('/dev/zero', file), /a symbolic link/],
    [uidIn(HOUR_US), (file) => execFileSync('mkfifo', [file]), /a pipe/],
    [uidIn(HOUR_US), (file) => mkdirSync(file), /a folder/],
    [
      uidIn(HOUR_US),
      (file) => {
        writeFileSync(file, '');
        truncateSync(file, 400_000_000);
      },
      /a file of 400000000 bytes/,
    ],
    [
      uidIn(HOUR_US - 3_600_000_000),
      (file) => writeFileSync(file, envelope(sampleContent(2))),
      /its place is incoming\/2026082109_IT_webconnectivity/,
    ],
    [`${'x'.repeat(250)}`, (file) => writeFileSync(file, 'x'), /the file name/],
  ];
  for (const [name, make] of put) make(join(hour, `${name}.post`));
  await it.run();

  t.same(
    (await publishedLines(it.store)).map(({ text }) => text),
    [sampleLine(1)],
  );
  for (const [name, bytes] of await objectsOf(it.store, 'raw/')) {
    const text = gunzipSync(bytes).toString('latin1');
    t.notOk(text.includes(secret.trim()), `${name} does not hold the log's key`);
  }
  t.equal(readFileSync(key, 'utf8'), secret);
  t.notOk(existsSync(hour), 'the hour is published and gone');
  const quarantine = join(it.spoolDir, 'quarantine');
  for (const [name, , reason] of put) {
    const line = it.logged.find((one) => one.includes(name));
    t.match(line, reason, 'the log says what it was');
    const here = /quarantined=(\S+)/.exec(line!)![1]!;
    t.match(readFileSync(join(quarantine, `${here}.reason`), 'utf8'), reason);
    t.ok(lstatSync(join(quarantine, here)));
  }
  t.equal(it.logged.filter((line) => line.startsWith('err')).length, put.length - 1);
  t.equal(readlinkSync(join(quarantine, `${put[0]![0]}.post`)), key, 'the link itself is kept');
  t.ok((await objectsOf(it.store, 'raw/')).size === 2 && good);
});

t.test('a link in the place of an hour folder', async (t) => {
  const it = await hostOf(t);
  const [sent] = fillSpool(it, [sampleContent(1)]);
  const hour = join(it.spoolDir, 'incoming', `${HOUR}_IT_webconnectivity`);
  const elsewhere = join(it.dir, 'elsewhere');
  renameSync(hour, elsewhere);
  symlinkSync(elsewhere, hour);
  fillSpool(it, [sampleContent(2)], { test: 'tor' });
  await it.run();
  t.equal((await publishedLines(it.store)).length, 1, 'the other hour is published');
  t.strictSame(readdirSync(elsewhere), [`${sent!.uid}.post`], 'nothing behind the link is touched');
  t.match(it.logged.join(''), /err.*hour folder.*_IT_webconnectivity.*a symbolic link/);
  t.strictSame(readdirSync(join(it.spoolDir, 'incoming')), []);
});

t.test('quarantine is written through no link, within its bound', async (t) => {
  const it = await hostOf(t, 'quarantine_max_bytes = 100_000');
  const victim = join(it.dir, 'victim');
  writeFileSync(victim, 'precious');
  const sent = fillSpool(
    it,
    Array.from({ length: 20 }, (_, at) => Buffer.from(`${at} no JSON`)),
  );
  const quarantine = join(it.spoolDir, 'quarantine');
  for (const { uid } of sent.slice(0, 2))
    for (const name of [
      `.${uid}.post.0.tmp`,
      `.${uid}.reason.0.tmp`,
      `${uid}.post.gz`,
      `${uid}.reason`,
    ])
      symlinkSync(victim, join(quarantine, name));
  await it.run();
  t.equal(readFileSync(victim, 'utf8'), 'precious');
  t.equal((await publishedLines(it.store)).length, 20, 'all are archived');
  const kept = readdirSync(quarantine).filter((name) => lstatSync(join(quarantine, name)).isFile());
  t.ok(kept.length > 0 && kept.length < 40, `some copies are kept: ${kept.length} files`);
  t.match(it.logged.join(''), /quarantine\/, which is full: see quarantine_max_bytes/);
});
