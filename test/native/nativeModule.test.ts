import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadNative } from '../../src/native/nativeModule.ts';

t.test('a module that is not there, is damaged, or of another release is not used', async (t) => {
  const dir = t.testdir({ 'damaged.node': 'no module' });
  for (const name of ['none.node', 'damaged.node'])
    t.match(loadNative(join(dir, name)), {
      kind: 'unusable',
      reason: new RegExp(`/${name} cannot be loaded: [^\n]+$`),
    });
  for (const version of ['0', '1', '"7"', 'undefined']) {
    const other = join(dir, `other${version.length}${version.charCodeAt(0)}.cjs`);
    writeFileSync(other, `exports.interfaceVersion = ${version}`);
    t.strictSame(loadNative(other), {
      kind: 'unusable',
      reason: `${other} is of another release: install packages of one version`,
    });
  }
});

t.test('the one that was built has all doors', async (t) => {
  const loaded = loadNative<Record<string, unknown>>();
  if (loaded.kind === 'unusable') return t.fail(`${loaded.reason} (make build)`);
  t.strictSame(
    Object.fromEntries(Object.entries(loaded.doors).map(([name, door]) => [name, typeof door])),
    {
      interfaceVersion: 'number',
      libdeflateVersion: 'string',
      deposit: 'function',
      decompress: 'function',
      deflate: 'function',
      gunzip: 'function',
      layout: 'function',
      layoutNow: 'function',
      letGo: 'function',
      outlines: 'function',
      unlink: 'function',
    },
  );
});
