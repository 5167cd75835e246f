import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { isRunning, processTag } from '../../../src/edge/spool/processTag.ts';
import { openSeen } from '../../../src/edge/spool/seen.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';

const KEY = 'a'.repeat(64);
const NOW = Date.UTC(2026, 7, 21, 23, 59);
const HOUR = 3_600_000;
const FIRST = { measurementUid: 'uid1', reportId: 'report1' };
const SECOND = { measurementUid: 'uid2', reportId: 'report2' };

async function makeSpool(t: Test): Promise<string> {
  const { dir } = await openSpool(t.testdir());
  return dir;
}

t.test('the first answer is given again for a day', async (t) => {
  const seen = openSeen(await makeSpool(t));
  t.equal(await seen.find(KEY, NOW), undefined);
  await seen.remember(KEY, FIRST, NOW);
  await seen.remember(KEY, SECOND, NOW);
  t.strictSame(await seen.find(KEY, NOW), FIRST);
  t.strictSame(await seen.find(KEY, NOW + 24 * HOUR), FIRST);
  t.strictSame(await seen.find(KEY, NOW - 24 * HOUR), FIRST, 'the clock was set back');
  await seen.expire(NOW + 24 * HOUR);
  t.strictSame(await seen.find(KEY, NOW + 24 * HOUR), FIRST);
  await seen.expire(NOW + 48 * HOUR);
  t.equal(await seen.find(KEY, NOW), undefined);
});

t.test('what an older release remembered is known', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  await seen.remember('b'.repeat(64), SECOND, NOW);
  for (const [key, text] of [
    [KEY, 'uid1/report1'],
    ['c'.repeat(64), 'uid1/report1/4194304-1.12345678'],
  ] as const) {
    symlinkSync(text, join(dir, `seen/20260821/${key}`));
    t.strictSame(await seen.find(key, NOW), FIRST);
  }
});

t.test(
  'submissions that are stored together share a link, as long as its text may be',
  async (t) => {
    const dir = await makeSpool(t);
    const seen = openSeen(dir);
    const folder = join(dir, 'seen/20260821');
    mkdirSync(folder);
    const submissions = Array.from({ length: 16 }, (_, at) => ({
      key: at.toString(16).repeat(64),
      answer: {
        measurementUid: `uid${at}-${'u'.repeat(50)}`,
        reportId: `report${at}-${'r'.repeat(50)}`,
      },
    }));
    const texts = seen.textsOf(submissions);
    t.equal(texts.length, submissions.length);
    const links = new Set(texts);
    t.equal(links.size, 3);
    for (const text of links) t.ok(text.length <= 1_000, `${text.length} bytes`);
    for (const [at, { key, answer }] of submissions.entries()) {
      const before = at > 0 && texts[at] === texts[at - 1] ? submissions[at - 1]! : undefined;
      if (before === undefined) symlinkSync(texts[at]!, join(folder, key));
      else linkSync(join(folder, before.key), join(folder, key));
      t.strictSame(await seen.find(key, NOW), answer);
    }
    const stranger = 'f'.repeat(63).concat('0');
    symlinkSync(texts[0]!, join(folder, stranger));
    t.equal(await seen.find(stranger, NOW), undefined, 'a text that does not speak of it');
    t.strictSame(seen.textsOf([]), []);
  },
);

t.test('an answer that is longer than a shared link has one of its own', async (t) => {
  const seen = openSeen(await makeSpool(t));
  const [short, long] = ['report', 'r'.repeat(2_000)].map((reportId, at) => ({
    key: String(at).repeat(64),
    answer: { measurementUid: 'uid', reportId },
  }));
  const texts = seen.textsOf([short!, long!, short!]);
  t.equal(texts.length, 3);
  t.equal(new Set(texts).size, 2);
  t.equal(texts[0], texts[2]);
  t.not(texts[0], texts[1]);
});

t.test('a claim is of one, promises nothing, and becomes the memory', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  const other = openSeen(dir);
  const claim = (await seen.claim(KEY, FIRST))!;
  t.ok(claim);
  t.equal(await other.claim(KEY, SECOND), undefined);
  t.equal(other.isClaimed(KEY), true);
  t.equal(await other.find(KEY, NOW), undefined);
  await other.expire(NOW);
  await claim.remember(NOW);
  t.equal(other.isClaimed(KEY), false);
  t.strictSame(await other.find(KEY, NOW), FIRST);
  t.strictSame(readdirSync(join(dir, 'seen/claims')), []);
});

t.test('a claim that is given back is free', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  await (await seen.claim(KEY, FIRST))!.release();
  const other = openSeen(dir);
  await (await other.claim(KEY, SECOND))!.remember(NOW);
  t.strictSame(await seen.find(KEY, NOW), SECOND);
});

t.test('of many that claim at once one has it', async (t) => {
  const dir = await makeSpool(t);
  const claims = await Promise.all(
    Array.from({ length: 50 }, () => openSeen(dir).claim(KEY, FIRST)),
  );
  t.equal(claims.filter((claim) => claim !== undefined).length, 1);
});

t.test('a claim of our own that could not be given back is ours again', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  await seen.claim(KEY, FIRST);
  const again = (await seen.claim(KEY, SECOND))!;
  await again.remember(NOW);
  t.strictSame(await seen.find(KEY, NOW), SECOND);
});

t.test('a claim that somebody took away is remembered all the same', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  const claim = (await seen.claim(KEY, FIRST))!;
  rmSync(join(dir, 'seen/claims'), { recursive: true });
  await claim.remember(NOW);
  t.strictSame(await seen.find(KEY, NOW), FIRST);
});

t.test('claims that processes left are dropped, those of processes that run are not', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  t.equal(await seen.dropLeftClaims(Date.now()), 0, 'none was ever made');
  await seen.claim(KEY, FIRST);
  const child = spawn('sleep', ['600']);
  t.teardown(() => child.kill('SIGKILL'));
  const running = processTag(child.pid)!;
  t.match(running, /^\d+-\d+$/);
  t.ok(isRunning(running));
  const left: Record<string, string> = {
    runs: `uid/report/${running}.12345678`,
    ended: 'uid/report/4194304-1.12345678',
    shared: '/4194304-1.12345678/aaaaaaaaaaaaaaaa/uid/report/bbbbbbbbbbbbbbbb/uid/report',
    sharedRuns: `/${running}.12345678/aaaaaaaaaaaaaaaa/uid/report`,
    // Its number was given to another process.
    otherStart: `uid/report/${child.pid}-1.12345678`,
    damaged: 'x',
  };
  for (const [name, text] of Object.entries(left))
    symlinkSync(text, join(dir, 'seen/claims', name));
  t.equal(await seen.dropLeftClaims(Date.now()), 4);
  t.strictSame(readdirSync(join(dir, 'seen/claims')).sort(), [KEY, 'runs', 'sharedRuns']);
  t.equal(await seen.dropLeftClaims(Date.now() + 2 * HOUR), 3, 'no submission takes that long');

  symlinkSync(left.runs!, join(dir, 'seen/claims/runs'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  t.equal(isRunning(running), false);
  t.equal(await seen.dropLeftClaims(Date.now()), 1);
});

t.test('a memory that cannot be used says so', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  rmSync(join(dir, 'seen'), { recursive: true });
  writeFileSync(join(dir, 'seen'), '');
  await t.rejects(seen.claim(KEY, FIRST), { code: 'ENOTDIR' });
  await t.rejects(seen.remember(KEY, FIRST, NOW), { code: /EEXIST|ENOTDIR/ });
  t.equal(existsSync(join(dir, 'seen/claims')), false);
});
