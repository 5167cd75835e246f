/** Covers src/edge/sources/{fileStore,geoipCheck}.ts. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Content } from '../../../src/core/sources/job.ts';
import { openFileStore } from '../../../src/edge/sources/fileStore.ts';
import { checkGeoip } from '../../../src/edge/sources/geoipCheck.ts';
import { mmdb, place } from '../../support/mmdb.ts';

const CONTENT = {} as Content;
const versionOf = (bytes: Buffer) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  source: 'test',
  validators: { a: '"e"' },
  takenAtMs: 1_800_000_000_000,
  rows: 0,
});
const known = (asn: number) =>
  mmdb([{ network: '8.8.8.0/24', record: place('US', asn, 'Example') }]);

t.test('a file is put in place, replaced and taken back', async (t) => {
  const dir = t.testdir({});
  const store = openFileStore(dir, 'geoip.mmdb', checkGeoip);
  const inUse = () => readFileSync(join(dir, 'geoip.mmdb'));
  const replace = (bytes: Buffer) =>
    store.replace(CONTENT, [{ name: 'x', bytes }], versionOf(bytes));
  t.equal(await store.current(), undefined);
  await t.rejects(store.back(), { message: /no .*geoip.mmdb.former/ });
  const [one, two] = [known(1), known(2)];
  await replace(one);
  t.strictSame([await store.current(), await store.former()], [versionOf(one), undefined]);
  await replace(two);
  t.strictSame([await store.current(), await store.former()], [versionOf(two), versionOf(one)]);
  await store.back();
  t.strictSame([await store.current(), await store.former()], [versionOf(one), versionOf(two)]);
  t.ok(inUse().equals(one));
  t.strictSame(
    readdirSync(dir).filter((name) => name.endsWith('.tmp')),
    [],
  );

  writeFileSync(join(dir, 'geoip.mmdb'), 'damaged');
  t.equal(await store.current(), undefined, 'a damaged file is fetched again');
  await replace(two);
  t.strictSame(await store.current(), versionOf(two));
});

t.test('what does not open, or does not know what all know, is not put in place', async (t) => {
  const dir = t.testdir({});
  const store = openFileStore(dir, 'geoip.mmdb', checkGeoip);
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('<html>'), /has no description/],
    [known(1).subarray(40), /not as it should be/],
    [
      mmdb([{ network: '192.0.2.0/24', record: place('IT', 1, 'x') }]),
      /does not tell country and autonomous/,
    ],
    [
      mmdb([{ network: '8.8.8.0/24', record: place('US') }]),
      /does not tell autonomous_system_number/,
    ],
  ];
  for (const [bytes, message] of cases)
    await t.rejects(store.replace(CONTENT, [{ name: 'x', bytes }], versionOf(bytes)), {
      name: 'SourceError',
      message,
    });
  t.equal(existsSync(join(dir, 'geoip.mmdb')), false);
});

t.test('two runs at once, the same content: what was before stays the former one', async (t) => {
  const dir = t.testdir({});
  const [one, other] = [1, 2].map(() => openFileStore(dir, 'geoip.mmdb', checkGeoip));
  const [before, bytes] = [known(1), known(2)];
  await one!.replace(CONTENT, [{ name: 'x', bytes: before }], versionOf(before));
  for (const store of [one!, other!])
    await store.replace(CONTENT, [{ name: 'x', bytes }], versionOf(bytes));
  t.strictSame([await one!.current(), await one!.former()], [versionOf(bytes), versionOf(before)]);
});

t.test('what a run could not finish does not fill the disk', async (t) => {
  const dir = t.testdir({ 'geoip.mmdb': {}, 'other.1.tmp': 'of another' });
  const store = openFileStore(dir, 'geoip.mmdb', checkGeoip);
  const replace = () =>
    store.replace(CONTENT, [{ name: 'x', bytes: known(1) }], versionOf(known(1)));
  await t.rejects(replace(), 'a folder cannot be replaced by a file');
  t.strictSame(readdirSync(dir).sort(), ['geoip.mmdb', 'other.1.tmp'], 'nothing is left');
  rmSync(join(dir, 'geoip.mmdb'), { recursive: true });
  for (const [pid, hours] of [
    [1, 2],
    [2, 0],
  ] as const) {
    const left = join(dir, `geoip.mmdb.${pid}.tmp`);
    writeFileSync(left, 'half of it');
    const then = new Date(Date.now() - hours * 3_600_000);
    utimesSync(left, then, then);
  }
  await replace();
  t.strictSame(
    readdirSync(dir).sort(),
    ['geoip.mmdb', 'geoip.mmdb.2.tmp', 'geoip.mmdb.json', 'other.1.tmp'],
    'of a run that was killed, but not of one that may go on',
  );
});
