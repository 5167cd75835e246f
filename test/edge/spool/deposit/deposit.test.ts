/**
 * Covers src/edge/spool/deposit/{native, reference}.ts.
 *
 * Storing a measurement whole, by the native module and by what stands in for it: the same cases, the same
 * outcomes, the same files.
 */
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hourFolderName } from '../../../../src/core/measurement/spoolPaths.ts';
import { dayName } from '../../../../src/core/time/hours.ts';
import type {
  Deposit,
  Depositor,
  DepositorParts,
} from '../../../../src/edge/spool/deposit/deposit.ts';
import { openDepositor } from '../../../../src/edge/spool/deposit/native.ts';
import { openReferenceDepositor } from '../../../../src/edge/spool/deposit/reference.ts';
import { openSeen, type Seen } from '../../../../src/edge/spool/seen.ts';
import { openSpool, type Spool } from '../../../../src/edge/spool/spool.ts';
import { noFallback } from '../../../support/noFallback.ts';
import { mountSmallDisk } from '../../../support/smallDisk.ts';
import { claimsIn, depositOf, filesBelow, NOW_MS } from './deposits.ts';

interface Opened {
  readonly dir: string;
  readonly spool: Spool;
  readonly seen: Seen;
  readonly depositor: Depositor;
  readonly memoryFaults: string[];
}

const openNative = (parts: DepositorParts) => openDepositor(parts, noFallback);
const ways: [string, (parts: DepositorParts) => Depositor][] = [
  ['native', openNative],
  ['reference', openReferenceDepositor],
];

for (const [way, open] of ways) {
  const openIn = async (dir: string): Promise<Opened> => {
    const spool = await openSpool(dir);
    const seen = openSeen(dir);
    const memoryFaults: string[] = [];
    const depositor = open({
      spool,
      seen,
      onMemoryFault: (error) => memoryFaults.push((error as NodeJS.ErrnoException).code ?? '?'),
    });
    return { dir, spool, seen, depositor, memoryFaults };
  };

  t.test(`${way}: stored`, async (t) => {
    const { dir, seen, depositor, memoryFaults } = await openIn(t.testdir());
    for (const size of [0, 2_000, 3_000_000]) {
      const deposit = depositOf(size);
      t.equal(await depositor.deposit(deposit), 'stored');
      const { uid, key } = deposit;
      const incoming = join(dir, 'incoming', hourFolderName(uid), `${uid.text}.post`);
      t.ok(readFileSync(incoming).equals(deposit.envelope));
      t.equal(statSync(incoming).mode & 0o777, 0o640 & ~process.umask());
      t.equal(statSync(join(dir, `pending/${uid.text}.post`)).ino, statSync(incoming).ino);
      t.equal(statSync(incoming).nlink, 2, 'no third name');
      t.equal(readlinkSync(join(dir, 'seen', dayName(NOW_MS), key)), seen.textsOf([deposit])[0]);
      t.strictSame(await seen.find(key, NOW_MS), deposit.answer);
      t.strictSame(claimsIn(dir), []);
    }
    t.strictSame(memoryFaults, []);
  });

  t.test(`${way}: many at once, of several hours`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir());
    const deposits = Array.from({ length: 100 }, (_, at) => depositOf(at * 50, at % 3));
    t.strictSame(
      new Set(await Promise.all(deposits.map((deposit) => depositor.deposit(deposit)))),
      new Set(['stored']),
    );
    t.equal(readdirSync(join(dir, 'pending')).length, deposits.length);
    t.equal(readdirSync(join(dir, 'incoming')).length, 3);
    t.strictSame(filesBelow(dir, '.tmp'), []);
  });

  t.test(`${way}: of many at once, each has what becomes of it alone`, async (t) => {
    const { dir, seen, depositor } = await openIn(t.testdir());
    const [remembered, first, claimed] = [depositOf(10), depositOf(10), depositOf(10)];
    await depositor.deposit(remembered);
    await depositor.deposit(first);
    await openSeen(dir).claim(claimed.key, claimed.answer, NOW_MS);
    const good = Array.from({ length: 40 }, (_, at) => depositOf(at * 100));
    const deposits = good.flatMap((deposit, at) => {
      if (at === 10) return [deposit, { ...depositOf(10), key: remembered.key }];
      if (at === 20) return [deposit, { ...depositOf(10), uid: first.uid }];
      if (at === 30) return [deposit, claimed, depositOf(1_000_000)];
      return [deposit];
    });
    const outcomes = await Promise.all(deposits.map((deposit) => depositor.deposit(deposit)));
    t.strictSame(
      outcomes.filter((outcome) => outcome !== 'stored'),
      ['seen', 'uid_taken', 'claimed'],
    );
    for (const [at, { uid, key, envelope, answer }] of deposits.entries()) {
      if (outcomes[at] !== 'stored') continue;
      t.ok(readFileSync(join(dir, `pending/${uid.text}.post`)).equals(envelope));
      t.strictSame(await seen.find(key, NOW_MS), answer);
    }
    t.equal(filesBelow(dir, '.post').length, 2 * (good.length + 3));
    t.strictSame(filesBelow(dir, '.tmp'), []);
    t.strictSame(claimsIn(dir), [claimed.key], 'the claim of another');
  });

  const taken: [string, (dir: string, deposit: Deposit) => void][] = [
    ['by a measurement', () => {}],
    ['scored already', (dir, { uid }) => rmSync(join(dir, `pending/${uid.text}.post`))],
    [
      'published already, and not scored',
      (dir, { uid }) => rmSync(join(dir, 'incoming', hourFolderName(uid), `${uid.text}.post`)),
    ],
  ];
  for (const [name, change] of taken)
    t.test(`${way}: the uid is taken, ${name}`, async (t) => {
      const { dir, depositor } = await openIn(t.testdir());
      const first = depositOf(10);
      await depositor.deposit(first);
      change(dir, first);
      const before = filesBelow(dir);
      const second = { ...depositOf(20), uid: first.uid };
      t.equal(await depositor.deposit(second), 'uid_taken');
      t.strictSame(filesBelow(dir), before, 'nothing was added, the claim neither');
      t.equal(await depositor.deposit({ ...second, uid: depositOf(1).uid }), 'stored');
    });

  t.test(`${way}: the same again, and an equal one that another is storing`, async (t) => {
    const { dir, seen, depositor } = await openIn(t.testdir());
    const first = depositOf(10);
    await depositor.deposit(first);
    for (const nowMs of [NOW_MS, NOW_MS + 86_400_000, NOW_MS - 86_400_000])
      t.equal(await depositor.deposit({ ...first, uid: depositOf(1).uid, nowMs }), 'seen');
    t.equal(
      await depositor.deposit({ ...first, uid: depositOf(1).uid, nowMs: NOW_MS + 2 * 86_400_000 }),
      'stored',
      'not for ever',
    );
    const second = depositOf(10);
    const claim = (await openSeen(dir).claim(second.key, second.answer, NOW_MS))!;
    t.equal(await depositor.deposit(second), 'claimed');
    await claim.release();
    t.equal(await depositor.deposit(second), 'stored');
    const third = depositOf(10);
    await seen.claim(third.key, third.answer, NOW_MS);
    t.equal(await depositor.deposit(third), 'stored', 'our own, which could not be given back');
  });

  t.test(`${way}: claimed by another on the other side of midnight`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir());
    for (const nowMs of [NOW_MS - 86_400_000, NOW_MS + 86_400_000]) {
      const deposit = depositOf(10);
      const claim = (await openSeen(dir).claim(deposit.key, deposit.answer, nowMs))!;
      t.equal(await depositor.deposit(deposit), 'claimed');
      t.strictSame(claimsIn(dir), [deposit.key], 'its own is given back');
      await claim.remember();
      t.equal(await depositor.deposit(deposit), 'seen');
      t.strictSame(filesBelow(dir, '.post'), []);
    }
  });

  t.test(`${way}: what stands in the way of the folder of the hour`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir({ elsewhere: {} }));
    const deposit = depositOf(10);
    const hour = join(dir, 'incoming', hourFolderName(deposit.uid));
    const elsewhere = join(dir, 'elsewhere');
    const make: [string, () => void][] = [
      ['a file', () => writeFileSync(hour, '')],
      ['a link to a folder', () => symlinkSync(elsewhere, hour)],
      ['a link to nothing', () => symlinkSync(`${elsewhere}/none`, hour)],
      ['a link to a folder of the spool', () => symlinkSync('../pending', hour)],
    ];
    for (const [name, put] of make) {
      put();
      await t.rejects(depositor.deposit(deposit), { code: 'OONI_FOREIGN' }, name);
      t.strictSame(readdirSync(elsewhere), []);
      t.strictSame(readdirSync(join(dir, 'pending')), []);
      t.strictSame(claimsIn(dir), []);
      rmSync(hour);
    }
    t.equal(await depositor.deposit(deposit), 'stored');
  });

  t.test(`${way}: what stands in the way of one hour costs no other one`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir({ elsewhere: {} }));
    const deposits = Array.from({ length: 40 }, (_, at) => depositOf(at, at % 3));
    const hour = hourFolderName(deposits[1]!.uid);
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'incoming', hour));
    const results = await Promise.allSettled(deposits.map((deposit) => depositor.deposit(deposit)));
    for (const [at, result] of results.entries())
      if (at % 3 === 1) t.match(result, { reason: { code: 'OONI_FOREIGN' } });
      else t.strictSame(result, { status: 'fulfilled', value: 'stored' });
    t.equal(readdirSync(join(dir, 'pending')).length, 27);
    t.strictSame(filesBelow(dir, '.tmp'), []);
    t.strictSame(claimsIn(dir), []);
    t.strictSame(readdirSync(join(dir, 'elsewhere')), []);
  });

  t.test(`${way}: an hour folder on another disk`, async (t) => {
    const { dir, depositor } = await openIn(mkdtempSync(join(tmpdir(), 'ooni-disks-')));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const deposit = depositOf(10);
    const hour = join(dir, 'incoming', hourFolderName(deposit.uid));
    mkdirSync(hour);
    const disk = await mountSmallDisk(hour);
    if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
    t.teardown(disk.unmount);
    await t.rejects(depositor.deposit(deposit), { code: 'OONI_FOREIGN' });
    t.strictSame(readdirSync(hour), []);
  });

  const broken: [string, string, (dir: string) => void][] = [
    ['pending/ is gone', 'ENOENT', (dir) => rmSync(join(dir, 'pending'), { recursive: true })],
    [
      'pending/ is a file',
      'ENOTDIR',
      (dir) => {
        rmSync(join(dir, 'pending'), { recursive: true });
        writeFileSync(join(dir, 'pending'), '');
      },
    ],
    [
      'incoming/ is a file',
      'ENOTDIR',
      (dir) => {
        rmSync(join(dir, 'incoming'), { recursive: true });
        writeFileSync(join(dir, 'incoming'), '');
      },
    ],
    ['incoming/ is gone', 'ENOENT', (dir) => rmSync(join(dir, 'incoming'), { recursive: true })],
  ];
  for (const [name, code, breakIt] of broken)
    t.test(`${way}: ${name}`, async (t) => {
      const { dir, depositor } = await openIn(t.testdir());
      breakIt(dir);
      await t.rejects(depositor.deposit(depositOf(10)), { code });
      t.strictSame(filesBelow(dir, '.post'), []);
      t.strictSame(filesBelow(dir, '.tmp'), []);
      t.strictSame(claimsIn(dir), []);
    });

  t.test(`${way}: a full disk refuses, nothing is left of it, and it recovers`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'ooni-full-disk-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const disk = await mountSmallDisk(dir, ['-o', 'size=256k']);
    if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
    t.teardown(disk.unmount);
    const { depositor } = await openIn(dir);
    await depositor.deposit(depositOf(100));
    const before = filesBelow(dir);
    await t.rejects(depositor.deposit(depositOf(400_000)), { code: 'ENOSPC' });
    t.strictSame(filesBelow(dir), before);
    t.equal(await depositor.deposit(depositOf(100)), 'stored');
  });

  const forgetful: [string, (dir: string, deposit: Deposit) => void, string[], boolean][] = [
    [
      'the folder of the day is a file',
      (dir) => writeFileSync(join(dir, 'seen', dayName(NOW_MS)), ''),
      ['ENOTDIR'],
      false,
    ],
    ['seen/ is gone', (dir) => rmSync(join(dir, 'seen'), { recursive: true }), [], true],
    [
      'something that is no link has the name',
      (dir, { key }) => {
        mkdirSync(join(dir, 'seen', dayName(NOW_MS)));
        writeFileSync(join(dir, 'seen', dayName(NOW_MS), key), '');
      },
      ['EINVAL'],
      false,
    ],
  ];
  for (const [name, breakIt, faults, isRemembered] of forgetful)
    t.test(`${way}: the memory fails, the measurement is stored: ${name}`, async (t) => {
      const { dir, seen, depositor, memoryFaults } = await openIn(t.testdir());
      const deposit = depositOf(10);
      breakIt(dir, deposit);
      t.equal(await depositor.deposit(deposit), 'stored');
      t.strictSame([...new Set(memoryFaults)], faults);
      const found = await seen.find(deposit.key, NOW_MS).catch(() => undefined);
      t.strictSame(found, isRemembered ? deposit.answer : undefined);
    });

  t.test(`${way}: a link without an answer is no memory`, async (t) => {
    const { dir, seen, depositor } = await openIn(t.testdir());
    mkdirSync(join(dir, 'seen', dayName(NOW_MS)));
    const texts = (key: string) => [
      'uid',
      '/report',
      'uid/',
      'uid//owner',
      '/',
      '/owner',
      `/owner/${key}`,
      `/owner/${key}/uid`,
      `/owner/${key}/uid/`,
      `/owner/${key}//report`,
      `/owner/uid/${key}/report`,
      `/owner/${'0'.repeat(16)}/uid/report`,
      `/owner/${'0'.repeat(16)}/uid/${key}/uid/report`,
      `/owner/${key}0/uid/report`,
    ];
    for (const at of texts('').keys())
      for (const isDurable of [true, false]) {
        const deposit = depositOf(10);
        const text = texts(deposit.key.slice(0, 16))[at]!;
        const link = join(dir, 'seen', dayName(NOW_MS), deposit.key);
        symlinkSync(text, link);
        if (isDurable) lutimesSync(link, 0, 0);
        t.equal(await depositor.deposit(deposit), 'stored', text);
        t.strictSame(await seen.find(deposit.key, NOW_MS), deposit.answer);
      }
  });

  t.test(`${way}: what others remembered, alone or together, is known`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir());
    mkdirSync(join(dir, 'seen', dayName(NOW_MS)));
    const texts = (key: string) => [
      'uid/report',
      'uid/report/owner',
      `/owner/${key}/uid/report`,
      `/owner/${'0'.repeat(16)}/uid0/report0/${key}/uid/report/${'1'.repeat(16)}/uid1/report1`,
    ];
    for (const at of texts('').keys()) {
      const deposit = depositOf(10);
      const text = texts(deposit.key.slice(0, 16))[at]!;
      const link = join(dir, 'seen', dayName(NOW_MS), deposit.key);
      symlinkSync(text, link);
      if (text.startsWith('/')) lutimesSync(link, 0, 0);
      t.equal(await depositor.deposit(deposit), 'seen', text);
      t.strictSame(await openSeen(dir).find(deposit.key, NOW_MS), {
        measurementUid: 'uid',
        reportId: 'report',
      });
    }
  });

  t.test(`${way}: a name that is another's stays as it is`, async (t) => {
    const { dir, depositor } = await openIn(t.testdir({ secret: 'of another' }));
    const deposit = depositOf(10);
    const pending = join(dir, `pending/${deposit.uid.text}.post`);
    const secret = join(dir, 'secret');
    for (const put of [() => symlinkSync(secret, pending), () => linkSync(secret, pending)]) {
      put();
      const { ino } = lstatSync(pending);
      t.equal(await depositor.deposit(deposit), 'uid_taken');
      t.equal(lstatSync(pending).ino, ino);
      rmSync(pending);
    }
    t.equal(readFileSync(secret, 'utf8'), 'of another');
  });

  t.test(`${way}: a folder that may not be written to`, async (t) => {
    if (process.getuid?.() === 0) return t.comment('root may write everywhere');
    const { dir, depositor } = await openIn(t.testdir());
    chmodSync(join(dir, 'pending'), 0o500);
    t.teardown(() => chmodSync(join(dir, 'pending'), 0o700));
    await t.rejects(depositor.deposit(depositOf(10)), { code: 'EACCES' });
    t.strictSame(filesBelow(dir, '.post'), []);
  });
}

t.test('native: submissions that are stored together have one link', async (t) => {
  const dir = t.testdir();
  const seen = openSeen(dir);
  const parts = {
    spool: await openSpool(dir),
    seen,
    onMemoryFault: (error: unknown) => t.error(error),
  };
  const depositor = openNative(parts);
  const deposits = Array.from({ length: 40 }, (_, at) => depositOf(at));
  await Promise.all(deposits.map((deposit) => depositor.deposit(deposit)));
  const links = deposits.map(({ key }) => lstatSync(join(dir, 'seen', dayName(NOW_MS), key)).ino);
  t.ok(new Set(links).size <= deposits.length / 2);
  for (const { key, answer } of deposits) t.strictSame(await seen.find(key, NOW_MS), answer);
});

t.test('native: what cannot be handed over fails alone', async (t) => {
  const dir = t.testdir();
  const parts = { spool: await openSpool(dir), seen: openSeen(dir), onMemoryFault() {} };
  const depositor = openNative(parts);
  const deposits = Array.from({ length: 40 }, (_, at) => {
    const deposit = depositOf(at);
    return at === 30 ? { ...deposit, answer: { ...deposit.answer, reportId: 'a\0b' } } : deposit;
  });
  const results = await Promise.allSettled(deposits.map((deposit) => depositor.deposit(deposit)));
  const failed = results.flatMap((result, at) => (result.status === 'rejected' ? [at] : []));
  t.strictSame(failed, [30]);
  t.match((results[30] as PromiseRejectedResult).reason, TypeError);
  t.equal(readdirSync(join(dir, 'pending')).length, 39);
});

t.test('without a module that can be used, JavaScript stores, and says why', async (t) => {
  const dir = t.testdir();
  const parts = { spool: await openSpool(dir), seen: openSeen(dir), onMemoryFault() {} };
  const reasons: string[] = [];
  const openWith = (path?: string) => openDepositor(parts, (reason) => reasons.push(reason), path);
  t.equal(await openWith(join(dir, 'none.node')).deposit(depositOf(10)), 'stored');
  t.match(reasons.pop(), 'none.node cannot be loaded');
  t.equal(await openWith().deposit(depositOf(10)), 'stored');
  t.strictSame(reasons, [], 'and nothing where it can');
});
