import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ownTokenKey } from '../../src/api/ownTokenKey.ts';
import { makeLog } from '../../src/log/log.ts';

const lines: string[] = [];
const log = makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) });

t.test('all workers that start at once have the same key, and so has the next start', async (t) => {
  const dir = join(t.testdir(), 'state');
  const keys = await Promise.all(Array.from({ length: 16 }, () => ownTokenKey(dir, log)));
  t.match(keys[0], [/^[0-9a-f]{64}$/]);
  for (const other of keys) t.strictSame(other, keys[0]);
  t.strictSame(await ownTokenKey(dir, log), keys[0]);
  t.strictSame(readdirSync(dir), ['probe-token-key'], 'nothing else is left');
  t.equal(statSync(join(dir, 'probe-token-key')).mode & 0o777, 0o600);
  t.strictSame(lines, []);
});

t.test('where it cannot be kept probes get tokens all the same, and the log says so', async (t) => {
  const dir = t.testdir({ 'a-file': '' });
  t.match(await ownTokenKey(join(dir, 'a-file'), log), [/^[0-9a-f]{64}$/]);
  t.match(lines.splice(0), [/cannot keep the key.*Make the folder writable/]);
  const other = join(t.testdir(), 'x');
  await ownTokenKey(other, log);
  chmodSync(join(other, 'probe-token-key'), 0o600);
  writeFileSync(join(other, 'probe-token-key'), 'cut');
  t.match(await ownTokenKey(other, log), [/^[0-9a-f]{64}$/]);
  t.match(lines.splice(0), [/it holds no key/]);
});
