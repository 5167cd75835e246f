import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { removeLargeFolder } from '../../src/disk/largeFolder.ts';

const MANY = 1_000;

t.test('all of it goes, and nothing that its links name', async (t) => {
  const dir = t.testdir({ kept: { file: '' }, old: { folder: { file: '' }, file: '' } });
  const old = join(dir, 'old');
  for (let link = 0; link < MANY; link++)
    symlinkSync(link % 2 === 0 ? '../kept' : 'uid/report/owner', join(old, String(link)));
  await removeLargeFolder(old);
  t.strictSame(readdirSync(dir), ['kept']);
  t.strictSame(readdirSync(join(dir, 'kept')), ['file']);
});

t.test('one that is not there is fine, and so are two at once', async (t) => {
  const dir = t.testdir({ old: {} });
  const old = join(dir, 'old');
  for (let link = 0; link < MANY; link++) symlinkSync('x', join(old, String(link)));
  await Promise.all([removeLargeFolder(old), removeLargeFolder(old)]);
  await removeLargeFolder(old);
  t.strictSame(readdirSync(dir), []);
});

t.test('of a link in its place the link goes', async (t) => {
  const dir = t.testdir({ kept: { file: '' } });
  symlinkSync('kept', join(dir, 'old'));
  await removeLargeFolder(join(dir, 'old'));
  t.strictSame(readdirSync(dir), ['kept']);
  t.strictSame(readdirSync(join(dir, 'kept')), ['file']);
});

t.test('what cannot be removed is told', async (t) => {
  const dir = t.testdir({ file: '' });
  await t.rejects(removeLargeFolder(join(dir, 'file', 'folder')), { code: 'ENOTDIR' });
});
