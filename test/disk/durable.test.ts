/** Files that are whole or not there. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createSecret } from '../../src/disk/durable.ts';

const RUNS = 8;

t.test('a secret is for its owner, and never replaced', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'key');
  await createSecret(file, 'first');
  t.equal(statSync(file).mode & 0o777, 0o600);
  await t.rejects(createSecret(file, 'second'), { code: 'EEXIST' });
  t.equal(readFileSync(file, 'utf8'), 'first');
  t.strictSame(readdirSync(dir), ['key']);
});

t.test('of several that make it at once, one does', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'key');
  const made = await Promise.allSettled(
    Array.from({ length: RUNS }, (_, run) => createSecret(file, String(run))),
  );
  const runs = made.flatMap(({ status }, run) => (status === 'fulfilled' ? [String(run)] : []));
  t.strictSame(runs, [readFileSync(file, 'utf8')]);
  t.strictSame(readdirSync(dir), ['key']);
});

t.test('where its content cannot be written, the name stays free', async (t) => {
  const dir = t.testdir();
  const script = `
    import(process.argv[1]).then(({ createSecret }) => createSecret(process.argv[2], 'secret'))`;
  const source = fileURLToPath(new URL('../../src/disk/durable.ts', import.meta.url));
  const hooks = fileURLToPath(new URL('../support/typescript.mjs', import.meta.url));
  // No file of this process may have a byte: the kernel ends it, or refuses the write.
  const command = ['ulimit -f 0; exec "$@"', 'sh', process.execPath, `--import=${hooks}`];
  const ended = spawnSync('sh', ['-c', ...command, '-e', script, source, join(dir, 'key')]);
  t.ok(ended.signal === 'SIGXFSZ' || /EFBIG/.test(String(ended.stderr)), String(ended.stderr));
  t.notOk(readdirSync(dir).includes('key'));
  await createSecret(join(dir, 'key'), 'secret');
  t.equal(readFileSync(join(dir, 'key'), 'utf8'), 'secret');
});
