/** Covers src/disk/changingFile.ts, src/disk/regularFile.ts. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openChangingFile } from '../../src/disk/changingFile.ts';

t.test('a file that changes is read again, one that does not is not', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'file');
  let parsed = 0;
  const file = openChangingFile(path, 10, (bytes) => {
    parsed++;
    if (bytes.includes('bad')) throw new Error('it is bad');
    return bytes.toString();
  });
  t.equal(await file.read(), undefined, 'not there yet');
  writeFileSync(path, 'one');
  t.equal(await file.read(), 'one');
  t.equal(await file.read(), 'one');
  t.equal(parsed, 1);
  const replace = (text: string) => {
    writeFileSync(join(dir, 'next'), text);
    renameSync(join(dir, 'next'), path);
  };
  // Of the same length, at the same instant perhaps: another file all the same.
  replace('two');
  t.equal(await file.read(), 'two');
  replace('bad');
  await t.rejects(file.read(), /it is bad/);
  await t.rejects(file.read(), /it is bad/, 'as long as it is');
  replace('01234567890');
  await t.rejects(file.read(), /larger than 10 bytes/);
  replace('three');
  t.equal(await file.read(), 'three');
  rmSync(path);
  t.equal(await file.read(), undefined);
  mkdirSync(path);
  await t.rejects(file.read(), /is no file/);
});

t.test('what never ends is neither waited for nor read', async (t) => {
  const dir = t.testdir({
    zero: t.fixture('symlink', '/dev/zero'),
    proc: t.fixture('symlink', '/proc/self/maps'),
  });
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  const read = (name: string) => openChangingFile(join(dir, name), 10, String).read();
  await t.rejects(read('fifo'), /fifo is no file/);
  await t.rejects(read('zero'), /zero is no file/);
  await t.rejects(read('proc'), /proc changes while it is read/, 'it says that it is empty');
});
