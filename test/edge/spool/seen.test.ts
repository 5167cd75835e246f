import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lutimesSync,
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
      lutimesSync(join(folder, key), 0, 0);
      t.strictSame(await seen.find(key, NOW), answer);
    }
    const stranger = 'f'.repeat(63).concat('0');
    symlinkSync(texts[0]!, join(folder, stranger));
    lutimesSync(join(folder, stranger), 0, 0);
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
  const claim = (await seen.claim(KEY, FIRST, NOW))!;
  t.ok(claim);
  t.equal(await other.claim(KEY, SECOND, NOW), undefined);
  t.equal(await other.isClaimed(KEY, NOW), true);
  t.equal(await other.takeLeft(KEY, NOW), false);
  t.equal(await other.find(KEY, NOW), undefined);
  await other.remember(KEY, SECOND, NOW);
  t.equal(await other.find(KEY, NOW), undefined, 'nor does another fulfil it');
  await other.expire(NOW);
  await claim.remember();
  t.equal(await other.isClaimed(KEY, NOW), false);
  t.strictSame(await other.find(KEY, NOW), FIRST);
  t.equal(await other.claim(KEY, SECOND, NOW), undefined);
  t.equal(await other.takeLeft(KEY, NOW), false, 'what is remembered is not taken away');
  t.strictSame(readdirSync(join(dir, 'seen')), ['20260821']);
  t.strictSame(readdirSync(join(dir, 'seen/20260821')), [KEY]);
});

t.test('a claim holds over midnight, to both sides', async (t) => {
  const dir = await makeSpool(t);
  const other = openSeen(dir);
  for (const nowMs of [NOW - 24 * HOUR, NOW + 24 * HOUR]) {
    const claim = (await openSeen(dir).claim(KEY, FIRST, nowMs))!;
    t.equal(await other.isClaimed(KEY, NOW), true);
    t.equal(await other.claim(KEY, SECOND, NOW), undefined);
    t.equal(await other.isClaimed(KEY, NOW), true, 'that of the first');
    await claim.release();
    t.equal(await other.isClaimed(KEY, NOW), false);
  }
});

t.test('a claim that is given back is free', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  await (await seen.claim(KEY, FIRST, NOW))!.release();
  const other = openSeen(dir);
  await (await other.claim(KEY, SECOND, NOW))!.remember();
  t.strictSame(await seen.find(KEY, NOW), SECOND);
});

t.test('of many that claim at once one has it', async (t) => {
  const dir = await makeSpool(t);
  const claims = await Promise.all(
    Array.from({ length: 50 }, () => openSeen(dir).claim(KEY, FIRST, NOW)),
  );
  t.equal(claims.filter((claim) => claim !== undefined).length, 1);
});

t.test('of many that find a claim left at once one has it', async (t) => {
  const dir = await makeSpool(t);
  const folder = join(dir, 'seen/20260821');
  mkdirSync(folder);
  symlinkSync('/4194304-1.12345678/aaaaaaaaaaaaaaaa/uid/report', join(folder, KEY));
  const claims = await Promise.all(
    Array.from({ length: 2 }, () => openSeen(dir).claim(KEY, FIRST, NOW)),
  );
  // Both take it for left, and one of them finds the claim of the other: it puts that back.
  t.equal(claims.filter((claim) => claim !== undefined).length, 1);
  t.strictSame(readdirSync(folder), [KEY]);
});

t.test('a claim of our own that could not be given back is ours again', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  await seen.claim(KEY, FIRST, NOW);
  const again = (await seen.claim(KEY, SECOND, NOW))!;
  await again.remember();
  t.strictSame(await seen.find(KEY, NOW), SECOND);
});

t.test('a claim that somebody took away is remembered all the same', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  const claim = (await seen.claim(KEY, FIRST, NOW))!;
  rmSync(join(dir, 'seen/20260821'), { recursive: true });
  await claim.remember();
  t.strictSame(await seen.find(KEY, NOW), FIRST);
});

t.test('one that was taken away, and is claimed by another, is left to that', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  const claim = (await seen.claim(KEY, FIRST, NOW))!;
  rmSync(join(dir, 'seen/20260821'), { recursive: true });
  const other = (await openSeen(dir).claim(KEY, SECOND, NOW))!;
  await claim.remember();
  t.equal(await seen.find(KEY, NOW), undefined, 'the other is not on disk yet');
  await other.remember();
  t.strictSame(await seen.find(KEY, NOW), SECOND);
});

t.test(
  'claims that processes left are taken away, those of processes that run are not',
  async (t) => {
    const dir = await makeSpool(t);
    const seen = openSeen(dir);
    const folder = join(dir, 'seen/20260821');
    mkdirSync(folder);
    const child = spawn('sleep', ['600']);
    t.teardown(() => child.kill('SIGKILL'));
    const running = processTag(child.pid)!;
    t.match(running, /^\d+-\d+$/);
    t.ok(isRunning(running));
    const leave = (owner: string) =>
      symlinkSync(`/${owner}/aaaaaaaaaaaaaaaa/uid/report`, join(folder, KEY));
    const left: Record<string, string> = {
      ended: '4194304-1.12345678',
      // Its number was given to another process.
      otherStart: `${child.pid}-1.12345678`,
      damaged: 'x',
    };
    for (const [name, owner] of Object.entries(left)) {
      leave(owner);
      t.equal(await seen.isClaimed(KEY, NOW), false, name);
      t.equal(await seen.takeLeft(KEY, NOW), true, name);
      t.strictSame(readdirSync(folder), [], name);
    }
    leave(`${running}.12345678`);
    t.equal(await seen.isClaimed(KEY, NOW), true);
    t.equal(await seen.takeLeft(KEY, NOW), false);
    const longAgo = Date.now() / 1000 - 2 * 3_600;
    lutimesSync(join(folder, KEY), longAgo, longAgo);
    t.equal(await seen.isClaimed(KEY, NOW), false, 'no submission takes that long');
    t.equal(await seen.takeLeft(KEY, NOW), true);

    leave(`${running}.12345678`);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    t.equal(isRunning(running), false);
    t.equal(await seen.isClaimed(KEY, NOW), false);
    t.equal(await seen.takeLeft(KEY, NOW), true);
    t.equal(await seen.takeLeft(KEY, NOW), false, 'it is gone');
  },
);

t.test('claims of an older release go with old days', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  mkdirSync(join(dir, 'seen/claims'));
  symlinkSync('uid/report/4194304-1.12345678', join(dir, 'seen/claims', KEY));
  t.ok(await seen.claim(KEY, FIRST, NOW));
  await seen.expire(NOW);
  t.equal(existsSync(join(dir, 'seen/claims')), false);
});

t.test('a memory that cannot be used says so', async (t) => {
  const dir = await makeSpool(t);
  const seen = openSeen(dir);
  rmSync(join(dir, 'seen'), { recursive: true });
  writeFileSync(join(dir, 'seen'), '');
  await t.rejects(seen.claim(KEY, FIRST, NOW), { code: 'ENOTDIR' });
  await t.rejects(seen.remember(KEY, FIRST, NOW), { code: /EEXIST|ENOTDIR/ });
});
