import { join } from 'node:path';
import t from 'tap';
import { apiSchema } from '../../src/config/api.ts';
import { readProbeTokenKeys } from '../../src/config/probeTokenKeys.ts';

const key = 'k'.repeat(32);
const config = (file?: string) =>
  apiSchema.parse({
    collector_id: '1',
    base_url: 'https://a',
    s3: { bucket: 'archive' },
    ...(file === undefined ? {} : { probe_token_keys_file: file }),
  });

t.test('from the credential, the file, or not at all', async (t) => {
  const dir = t.testdir({
    keys: `${key}\n`,
    bad: 'SECRET',
    credentials: { 'probe-token-keys': `new-${key}\n${key}\n` },
  });
  const file = join(dir, 'keys');
  t.equal(readProbeTokenKeys(config(), 'f.toml', {}), undefined);
  t.strictSame(readProbeTokenKeys(config(file), 'f.toml', {}), [key]);
  const env = { CREDENTIALS_DIRECTORY: join(dir, 'credentials') };
  t.strictSame(readProbeTokenKeys(config(file), 'f.toml', env), [`new-${key}`, key]);
  t.throws(() => readProbeTokenKeys(config(join(dir, 'bad')), 'f.toml', {}), {
    name: 'ConfigError',
    message: /^(?!.*SECRET)f\.toml: probe_token_keys_file.*: expected one to 4 keys/,
  });
});
