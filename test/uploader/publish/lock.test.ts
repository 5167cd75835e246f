/** The lock of a spool: held by one, told apart from a file of the same number on another disk. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { lockIsHeld, takeLock } from '../../../src/uploader/publish/lock.ts';
import { mountSmallDisk } from '../../support/smallDisk.ts';

t.test('held by one at a time, for as long as it is', async (t) => {
  const file = join(t.testdir(), 'lock');
  t.equal(await lockIsHeld(file), false, 'no file');
  const lock = await takeLock(file);
  t.ok(lock);
  t.equal(await lockIsHeld(file), true);
  t.equal(await takeLock(file), undefined);
  await lock!.release();
  t.equal(await lockIsHeld(file), false);
});

t.test('a lock on another disk is not ours, whatever its number', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-lock-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const disks = ['a', 'b'].map((name) => join(dir, name));
  for (const disk of disks) {
    mkdirSync(disk);
    const mounted = await mountSmallDisk(disk);
    if (mounted === undefined) return t.comment('mounting a small file system is not allowed here');
    t.teardown(mounted.unmount);
  }
  const [here, there] = disks.map((disk) => join(disk, 'lock')) as [string, string];
  await (await takeLock(there))!.release();
  const lock = await takeLock(here);
  t.equal(statSync(here).ino, statSync(there).ino, 'the same number on both');
  t.equal(await lockIsHeld(here), true);
  t.equal(await lockIsHeld(there), false);
  await lock!.release();
});
