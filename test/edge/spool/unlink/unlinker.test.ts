/**
 * Many files taken out of a folder in one call, by the native module and by the reference: the same of both. The
 * module runs under the compiler's checks too.
 *
 * Covers src/edge/spool/unlink/{native, reference}.ts.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openUnlinker } from '../../../../src/edge/spool/unlink/native.ts';
import { openReferenceUnlinker } from '../../../../src/edge/spool/unlink/reference.ts';
import { noFallback } from '../../../support/noFallback.ts';
import { runSanitized } from '../../../support/sanitizedModule.ts';

const native = openUnlinker(noFallback);

const unlinkers = [
  ['native', native],
  ['reference', openReferenceUnlinker()],
] as const;

for (const [name, unlinker] of unlinkers) {
  t.test(`${name}: those that are named leave, and no other`, async (t) => {
    const dir = t.testdir();
    const names = Array.from({ length: 2_000 }, (_, index) => `${index}.post`);
    for (const file of [...names, 'other', 'x'.repeat(255)]) writeFileSync(join(dir, file), '');
    t.strictSame(await unlinker.unlink(dir, names), []);
    t.strictSame(readdirSync(dir).sort(), ['other', 'x'.repeat(255)]);
    t.strictSame(await unlinker.unlink(dir, ['0.post', 'x'.repeat(255)]), [], 'gone: fine');
    t.strictSame(readdirSync(dir), ['other']);
    t.strictSame(await unlinker.unlink(dir, []), []);
  });

  t.test(`${name}: a link goes, and what it points to stays`, async (t) => {
    const dir = t.testdir({ pending: {}, kept: 'kept' });
    symlinkSync('../kept', join(dir, 'pending/link'));
    t.strictSame(await unlinker.unlink(join(dir, 'pending'), ['link']), []);
    t.strictSame(readdirSync(join(dir, 'pending')), []);
    t.equal(readFileSync(join(dir, 'kept'), 'utf8'), 'kept');
  });

  t.test(`${name}: what the disk does not let go is told of each`, async (t) => {
    const dir = t.testdir();
    mkdirSync(join(dir, 'folder'));
    for (const file of ['a', 'ü']) writeFileSync(join(dir, file), '');
    const refused = await unlinker.unlink(dir, ['a', 'folder', 'ü']);
    t.match(refused, [{ name: 'folder', error: { syscall: 'unlink', path: join(dir, 'folder') } }]);
    // Linux says the one, POSIX the other.
    t.ok(['EISDIR', 'EPERM'].includes(refused[0]!.error.code!));
    t.strictSame(readdirSync(dir), ['folder']);
  });
}

t.test('a folder that is none: told of each', async (t) => {
  const dir = t.testdir({ file: '' });
  for (const [name, unlinker] of unlinkers)
    t.match(
      await unlinker.unlink(join(dir, 'file'), ['a', 'b']),
      ['a', 'b'].map((file) => ({ name: file, error: { code: 'ENOTDIR' } })),
      name,
    );
});

t.test('native: nothing is taken out behind a link in place of the folder', async (t) => {
  const dir = t.testdir({ elsewhere: { a: '' } });
  symlinkSync('elsewhere', join(dir, 'pending'));
  const refused = await native.unlink(join(dir, 'pending'), ['a']);
  t.match(refused, [{ name: 'a', error: { code: 'ENOTDIR' } }]);
  t.ok(existsSync(join(dir, 'elsewhere/a')));
});

t.test('where the module cannot be used, the reference unlinks, and it is told', async (t) => {
  const dir = t.testdir({ a: '' });
  const reasons: string[] = [];
  const unlinker = openUnlinker((reason) => reasons.push(reason), '/nowhere/native.node');
  t.match(reasons, [/^\/nowhere\/native\.node cannot be loaded: /]);
  await unlinker.unlink(dir, ['a']);
  t.strictSame(readdirSync(dir), []);
  const told: string[] = [];
  openUnlinker((reason) => told.push(reason));
  t.strictSame(told, []);
});

t.test('the module under the checks of memory and undefined behaviour', async (t) => {
  const { status, signal, stdout, stderr } = runSanitized(
    new URL('./sanitizedProgram.ts', import.meta.url),
  );
  t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  t.strictSame(JSON.parse(stdout), { left: ['kept'], taken: [], refused: 0, odd: [] });
});
