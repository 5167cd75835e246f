/**
 * What another user may have put into the spool is not followed, not waited for, not written to.
 *
 * Covers src/edge/spool/{attempts, copies}.ts.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { removeStaleTemporaries } from '../../../src/api/processes/housekeeping.ts';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../src/core/measurement/measurementUid.ts';
import { hourFolderName } from '../../../src/core/measurement/spoolPaths.ts';
import { attemptsBefore, attemptsFile, beginAttempt } from '../../../src/edge/spool/attempts.ts';
import { openSpoolCopies } from '../../../src/edge/spool/copies.ts';
import { Foreign, type Opened, openSpoolFolder } from '../../../src/edge/spool/doors.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';
import { mountSmallDisk } from '../../support/smallDisk.ts';

type Tap = Pick<typeof t, 'teardown'>;

/** Not below the test's own folder: the path of a socket must be short. */
function newDir(t: Tap): string {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-doors-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const envelope = Buffer.from('{"format":"json","content":{}}');
let clockUs = Date.UTC(2026, 7, 21, 10, 15, 3) * 1000;
const newUid = () => parseMeasurementUid(makeMeasurementUid(clockUs++, 'IT', 'ndt', envelope))!;
const closed = (opened: Opened) => {
  if (opened.kind === 'file') closeSync(opened.fd);
  return opened.kind === 'foreign' ? opened.what : opened.kind;
};

t.test('only a regular file is opened', async (t) => {
  const { dir } = await openSpool(newDir(t));
  const pending = join(dir, 'pending');
  writeFileSync(join(pending, 'file'), 'x');
  writeFileSync(join(dir, 'secret'), 's');
  symlinkSync(join(dir, 'secret'), join(pending, 'link'));
  symlinkSync('nothing', join(pending, 'dangling'));
  mkdirSync(join(pending, 'folder'));
  execFileSync('mkfifo', [join(pending, 'pipe')]);
  const server = createServer().listen(join(pending, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const folder = openSpoolFolder(dir, 'pending');
  const expected: Record<string, string> = {
    file: 'file',
    link: 'a symbolic link',
    dangling: 'a symbolic link',
    folder: 'a folder',
    pipe: 'a pipe',
    socket: 'a socket',
    nothing: 'missing',
  };
  for (const [name, what] of Object.entries(expected))
    t.equal(closed(folder.open(name)), what, name);
  for (const name of ['file', 'link', 'dangling', 'folder', 'pipe', 'socket'])
    t.throws(() => folder.create(name), { code: 'EEXIST' }, `nothing is written over: ${name}`);
  for (const name of ['', '.', '..', '../secret', 'a/b'])
    t.throws(() => folder.open(name), /not the name of an entry/, name);
  for (const name of ['link', 'file', 'pipe']) t.throws(() => folder.into(name), Foreign, name);
  t.throws(() => folder.into('nothing'), { code: 'ENOENT' });
  folder.close();
});

t.test('what is put into the place of an open folder is not looked at', async (t) => {
  const { dir } = await openSpool(newDir(t));
  mkdirSync(join(dir, 'incoming', 'hour'));
  writeFileSync(join(dir, 'incoming', 'hour', 'a'), 'mine');
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'elsewhere', 'a'), 'theirs');
  const incoming = openSpoolFolder(dir, 'incoming');
  const hour = incoming.into('hour');
  renameSync(join(dir, 'incoming', 'hour'), join(dir, 'incoming', 'moved'));
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'incoming', 'hour'));
  const opened = hour.open('a');
  t.equal(opened.kind === 'file' && readFileSync(opened.fd, 'utf8'), 'mine');
  closed(opened);
  hour.unlink('a');
  t.ok(existsSync(join(dir, 'elsewhere', 'a')));
  t.throws(() => incoming.into('hour'), { message: /hour is a symbolic link/ });
  hour.close();
  incoming.close();
});

t.test('another disk', async (t) => {
  const { dir } = await openSpool(newDir(t));
  mkdirSync(join(dir, 'incoming', 'hour'));
  const disk = await mountSmallDisk(join(dir, 'incoming', 'hour'));
  if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
  t.teardown(disk.unmount);
  const incoming = openSpoolFolder(dir, 'incoming');
  t.throws(() => incoming.into('hour'), { message: /on another disk/ });
  incoming.close();
});

t.test('a second name of what the reader alone may read', async (t) => {
  if (process.geteuid?.() !== 0) return t.comment('only root can act as two users');
  const top = newDir(t);
  const { dir } = await openSpool(join(top, 'spool'));
  const [api, uploader] = [10_001, 10_002];
  chmodSync(top, 0o755);
  chownSync(join(dir, 'incoming'), api, api);
  const hour = join(dir, 'incoming', 'hour');
  mkdirSync(hour);
  const put = (name: string, owner: number) => {
    writeFileSync(join(hour, name), 'x');
    chownSync(join(hour, name), owner, owner);
    chmodSync(join(hour, name), 0o644);
  };
  put('key', uploader);
  linkSync(join(hour, 'key'), join(hour, 'linked'));
  put('restored', uploader);
  put('stored', api);
  linkSync(join(hour, 'stored'), join(dir, 'pending', 'stored'));
  process.seteuid!(uploader);
  try {
    const incoming = openSpoolFolder(dir, 'incoming');
    const folder = incoming.into('hour');
    t.match(closed(folder.open('linked')), /another name of a file that belongs to the user/);
    t.equal(closed(folder.open('restored')), 'file', 'given to this user, and nowhere else');
    t.equal(closed(folder.open('stored')), 'file', 'as ooni-api stores it');
    folder.close();
    incoming.close();
  } finally {
    process.seteuid!(0);
  }
});

t.test('an api does not serve what lies behind a link, nor waits for a pipe', async (t) => {
  const spool = await openSpool(newDir(t));
  writeFileSync(join(spool.dir, 'secret'), 'secret');
  const [linked, piped, inLinked, real] = [newUid(), newUid(), newUid(), newUid()];
  await spool.accept(real, envelope);
  const hour = join(spool.dir, 'incoming', hourFolderName(real));
  symlinkSync(join(spool.dir, 'secret'), join(hour, `${linked.text}.post`));
  execFileSync('mkfifo', [join(hour, `${piped.text}.post`)]);
  t.equal(await spool.read(linked), undefined);
  t.equal(await spool.read(piped), undefined);
  t.strictSame(await spool.read(real), envelope);
  renameSync(hour, join(spool.dir, 'elsewhere'));
  symlinkSync(join(spool.dir, 'elsewhere'), hour);
  t.equal(await spool.read(inLinked), undefined);
  t.equal(await spool.read(real), undefined, 'an hour folder that is a link');
});

t.test('nothing is stored behind a link, nor answered as stored', async (t) => {
  const spool = await openSpool(newDir(t));
  const [linked, swapped, good] = [newUid(), newUid(), newUid()];
  const hour = join(spool.dir, 'incoming', hourFolderName(linked));
  const elsewhere = join(spool.dir, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, hour);
  await t.rejects(spool.accept(linked, envelope), Foreign);
  rmSync(hour);
  mkdirSync(hour);
  // While it is written and synced, the folder goes and a link comes into its place.
  const accepted = spool.accept(swapped, envelope);
  renameSync(hour, join(spool.dir, 'moved'));
  symlinkSync(elsewhere, hour);
  await t.rejects(accepted, Foreign);
  t.strictSame(readdirSync(elsewhere), []);
  t.strictSame(readdirSync(join(spool.dir, 'moved')), [], 'what it made is taken back');
  t.strictSame(readdirSync(join(spool.dir, 'pending')), []);
  rmSync(hour);
  await spool.accept(good, envelope);
  t.strictSame(readdirSync(hour), [`${good.text}.post`]);
});

t.test('quarantine: links in the way are replaced, not written through', async (t) => {
  const spool = await openSpool(newDir(t));
  const uid = newUid();
  await spool.accept(uid, envelope);
  const victim = join(spool.dir, 'victim');
  writeFileSync(victim, 'precious');
  const quarantine = join(spool.dir, 'quarantine');
  const names = [
    `${uid.text}.post`,
    `${uid.text}.post.gz`,
    `${uid.text}.reason`,
    `.${uid.text}.post.${process.getuid?.()}.tmp`,
    `.${uid.text}.reason.${process.getuid?.()}.tmp`,
  ];
  for (const name of names) symlinkSync(victim, join(quarantine, name));
  t.equal(await spool.quarantinePending(uid.text, 'why'), 'kept');
  t.equal(readFileSync(victim, 'utf8'), 'precious');
  t.strictSame(gunzipSync(readFileSync(join(quarantine, `${uid.text}.post.gz`))), envelope);
  t.equal(readFileSync(join(quarantine, `${uid.text}.reason`), 'utf8'), 'why\n');
  t.strictSame(readdirSync(join(spool.dir, 'pending')), []);
});

t.test('quarantine: what is no file leaves pending/ as it is, unread', async (t) => {
  const spool = await openSpool(newDir(t));
  writeFileSync(join(spool.dir, 'secret'), 'secret');
  const [linked, piped, folder] = [newUid(), newUid(), newUid()];
  symlinkSync(join(spool.dir, 'secret'), spool.pendingFile(linked.text));
  execFileSync('mkfifo', [spool.pendingFile(piped.text)]);
  mkdirSync(spool.pendingFile(folder.text));
  for (const uid of [linked, piped, folder]) await spool.quarantinePending(uid.text, 'foreign');
  t.strictSame(readdirSync(join(spool.dir, 'pending')), []);
  t.strictSame(
    readdirSync(join(spool.dir, 'quarantine')),
    [linked, piped, folder].flatMap(({ text }) => [`${text}.post`, `${text}.post.reason`]).sort(),
  );
});

t.test('attempts are counted in a file of our own only', async (t) => {
  const { dir } = await openSpool(newDir(t));
  const victim = join(dir, 'victim');
  writeFileSync(victim, 'precious');
  const pending = openSpoolFolder(dir, 'pending');
  const name = `${newUid().text}.post`;
  const attempts = join(dir, 'pending', attemptsFile(name));
  const ways: [string, () => void][] = [
    ['a link', () => symlinkSync(victim, attempts)],
    ['a link to nothing', () => symlinkSync(join(dir, 'new'), attempts)],
    ['another name of a file', () => linkSync(victim, attempts)],
    ['a pipe', () => execFileSync('mkfifo', [attempts])],
    ['a folder', () => mkdirSync(attempts)],
  ];
  for (const [what, put] of ways) {
    put();
    t.throws(() => beginAttempt(pending, name), Foreign, what);
    t.throws(() => attemptsBefore(pending, name), Foreign, what);
    rmSync(attempts, { recursive: true });
  }
  t.equal(readFileSync(victim, 'utf8'), 'precious');
  t.notOk(existsSync(join(dir, 'new')));
  t.equal(attemptsBefore(pending, name), 0);
  beginAttempt(pending, name);
  beginAttempt(pending, name);
  t.equal(attemptsBefore(pending, name), 2);
  pending.close();
});

t.test('housekeeping deletes behind no link', async (t) => {
  const { dir } = await openSpool(newDir(t));
  const name = 'old.post.tmp';
  const [elsewhere, hour] = [join(dir, 'elsewhere'), join(dir, 'incoming', 'hour')];
  for (const folder of [elsewhere, hour]) {
    mkdirSync(folder);
    writeFileSync(join(folder, name), 'x');
    utimesSync(join(folder, name), 0, 0);
  }
  symlinkSync(elsewhere, join(dir, 'incoming', 'linked'));
  writeFileSync(join(dir, 'incoming', 'README'), 'x');
  t.equal(await removeStaleTemporaries(dir, Date.now()), 1);
  t.strictSame(readdirSync(hour), []);
  t.strictSame(readdirSync(elsewhere), [name]);
});

t.test('a removal goes through no link', async (t) => {
  const spool = await openSpool(newDir(t));
  const uid = newUid();
  await spool.accept(uid, envelope);
  const hour = join(spool.dir, 'incoming', hourFolderName(uid));
  const elsewhere = join(spool.dir, 'elsewhere');
  renameSync(hour, elsewhere);
  symlinkSync(elsewhere, hour);
  await t.rejects(openSpoolCopies(spool.dir).remove(uid), Foreign);
  t.ok(existsSync(join(elsewhere, `${uid.text}.post`)));
});
