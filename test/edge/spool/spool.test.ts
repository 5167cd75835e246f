/**
 * Covers src/disk/{directorySync, missing}.ts, src/edge/spool/{quarantine, quarantineSpace}.ts.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../src/core/measurement/measurementUid.ts';
import { makeDirectorySync } from '../../../src/disk/directorySync.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';
import { mountSmallDisk } from '../../support/smallDisk.ts';

let clockUs = Date.UTC(2026, 7, 21, 10, 15, 3) * 1000;
const envelope = (text: string) => Buffer.from(`{"format":"json","content":{"n":"${text}"}}`);
const uidOf = (bytes: Uint8Array) =>
  parseMeasurementUid(makeMeasurementUid(clockUs++, 'IT', 'web_connectivity', bytes))!;

/** Every file below a folder, relative. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

t.test('accepted means: in incoming, the same file in pending, nothing else', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  const bytes = envelope('a');
  const uid = uidOf(bytes);
  await spool.accept(uid, bytes);
  const incoming = `incoming/2026082110_IT_webconnectivity/${uid.text}.post`;
  t.strictSame(filesBelow(dir), [incoming, `pending/${uid.text}.post`]);
  t.equal(statSync(join(dir, incoming)).ino, statSync(spool.pendingFile(uid.text)).ino);
  t.strictSame(await spool.read(uid), bytes);
  const other = uidOf(envelope('b')).text;
  for (let times = 0; times < 2; times++)
    t.strictSame(await spool.unlinkPending([uid.text, other]), [], 'fine when it is gone');
  t.strictSame(filesBelow(dir), [incoming]);
});

t.test('many at once', async (t) => {
  const spool = await openSpool(t.testdir());
  const uids = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const bytes = envelope(String(index));
      const uid = uidOf(bytes);
      await spool.accept(uid, bytes);
      return uid.text;
    }),
  );
  const pending: string[] = [];
  for await (const uid of spool.pending()) pending.push(uid.text);
  t.strictSame(pending.sort(), uids.sort());
});

t.test('what could not be stored leaves nothing behind', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  const bytes = envelope('x');
  t.test('pending/ is gone', async (t) => {
    rmSync(join(dir, 'pending'), { recursive: true });
    await t.rejects(spool.accept(uidOf(bytes), bytes), { code: 'ENOENT' });
    t.strictSame(filesBelow(dir), []);
    mkdirSync(join(dir, 'pending'));
  });
  t.test('a folder of the hour cannot be made', async (t) => {
    rmSync(join(dir, 'incoming'), { recursive: true });
    writeFileSync(join(dir, 'incoming'), '');
    await t.rejects(spool.accept(uidOf(bytes), bytes), { code: 'ENOTDIR' });
    t.strictSame(filesBelow(dir), ['incoming']);
  });
});

t.test('a full disk refuses, leaves nothing of the measurement, and recovers', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-full-disk-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const disk = await mountSmallDisk(dir, ['-o', 'size=256k']);
  if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
  t.teardown(disk.unmount);
  const spool = await openSpool(dir);
  const small = envelope('small');
  await spool.accept(uidOf(small), small);
  const before = filesBelow(dir);
  const big = envelope('x'.repeat(400_000));
  await t.rejects(spool.accept(uidOf(big), big), { code: 'ENOSPC' });
  t.strictSame(filesBelow(dir), before);
  await spool.accept(uidOf(small), small);
  t.equal(filesBelow(dir).length, before.length + 2);
});

t.test('quarantine keeps the measurement and the reason', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  const bytes = envelope('q');
  const uid = uidOf(bytes);
  await spool.accept(uid, bytes);
  await spool.quarantinePending(uid.text, 'probe_asn: expected AS and digits');
  await spool.quarantinePending(uid.text, 'probe_asn: expected AS and digits');
  t.equal(existsSync(spool.pendingFile(uid.text)), false);
  t.strictSame(gunzipSync(readFileSync(join(dir, `quarantine/${uid.text}.post.gz`))), bytes);
  t.equal(
    readFileSync(join(dir, `quarantine/${uid.text}.reason`), 'utf8'),
    'probe_asn: expected AS and digits\n',
  );
});

t.test('a measurement leaves pending/ for quarantine/, whatever is there', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  const bytes = envelope('twice');
  const uid = uidOf(bytes);
  await spool.accept(uid, bytes);
  const quarantined = join(dir, `quarantine/${uid.text}.post`);
  // Another link to the same file, as a hand or another program may have left it.
  linkSync(spool.pendingFile(uid.text), quarantined);
  writeFileSync(join(dir, `pending/${uid.text}.try`), '..');
  await spool.quarantinePending(uid.text, 'why');
  t.strictSame(readdirSync(join(dir, 'pending')), []);
  t.strictSame(readFileSync(quarantined), bytes);

  // No room for the reason: the measurement goes all the same.
  const other = uidOf(envelope('no room'));
  await spool.accept(other, envelope('no room'));
  mkdirSync(join(dir, `quarantine/${other.text}.reason`));
  await spool.quarantinePending(other.text, 'why');
  t.strictSame(readdirSync(join(dir, 'pending')), []);
  t.ok(existsSync(join(dir, `quarantine/${other.text}.post`)));

  const gone = uidOf(envelope('gone'));
  await spool.quarantinePending(gone.text, 'why');
  t.equal(existsSync(join(dir, `quarantine/${gone.text}.reason`)), false, 'no reason of nothing');
});

t.test('files that are not measurements are not listed as pending', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  writeFileSync(join(dir, 'pending/notes.txt'), '');
  writeFileSync(join(dir, 'pending/..post'), '');
  for await (const uid of spool.pending()) t.fail(uid.text);
});

t.test('folder syncs are shared by those who wait, never with one that already runs', async (t) => {
  const running: (() => void)[] = [];
  const sync = makeDirectorySync(() => new Promise((resolve) => running.push(resolve)));
  const done: string[] = [];
  const ask = (name: string) => sync.sync('/d').then(() => done.push(name));
  const all = [ask('first'), ask('second'), ask('third')];
  t.equal(running.length, 1);
  running[0]!();
  await all[0];
  await new Promise(setImmediate);
  t.strictSame(done, ['first']);
  t.equal(running.length, 2, 'one sync for both that waited');
  all.push(ask('fourth'));
  running[1]!();
  await Promise.all(all.slice(0, 3));
  await new Promise(setImmediate);
  t.strictSame(done, ['first', 'second', 'third']);
  running[2]!();
  await Promise.all(all);
  t.equal(running.length, 3);
});
