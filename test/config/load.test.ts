import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apiSchema } from '../../src/config/api.ts';
import { splitAddress } from '../../src/config/common.ts';
import { parseS3Credentials, readSecret } from '../../src/config/credentials.ts';
import { fastpathSchema } from '../../src/config/fastpath.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { uploaderSchema } from '../../src/config/uploader.ts';

const SCHEMAS = { api: apiSchema, fastpath: fastpathSchema, uploader: uploaderSchema };

const minimal =
  'collector_id = "1"\nbase_url = "https://api.example.org"\n[s3]\nbucket = "archive"\n';

t.test('a fault is one line that names file, key and what was expected', async (t) => {
  const cases: [name: string, text: string, error: string][] = [
    [
      'unknown key',
      `colector_id = "2"\n${minimal}`,
      'f.toml: colector_id: unknown key: remove it, or check its spelling',
    ],
    [
      'unknown key in a section',
      `${minimal}bukket = "x"\n`,
      'f.toml: s3.bukket: unknown key: remove it, or check its spelling',
    ],
    [
      'wrong type',
      minimal.replace('"1"', '1'),
      'f.toml: collector_id: expected a value of type string, found 1',
    ],
    [
      'not a whole number',
      `workers = 1.5\n${minimal}`,
      'f.toml: workers: expected a whole number, found 1.5',
    ],
    ['too small', `workers = -1\n${minimal}`, 'f.toml: workers: expected at least 0, found -1'],
    ['too big', `workers = 1000\n${minimal}`, 'f.toml: workers: expected at most 256, found 1000'],
    [
      'missing',
      minimal.replace('collector_id = "1"\n', ''),
      'f.toml: collector_id: missing: expected a value of type string',
    ],
    [
      'missing section',
      'collector_id = "1"\nbase_url = "https://api.example.org"\n',
      'f.toml: s3: missing: expected a value of type object',
    ],
    [
      'relative path',
      `spool_dir = "spool"\n${minimal}`,
      'f.toml: spool_dir: expected an absolute path, found "spool"',
    ],
    [
      'bad address',
      `listen = "8080"\n${minimal}`,
      'f.toml: listen: expected an address and port, like "127.0.0.1:8080", found "8080"',
    ],
    [
      'bad url',
      minimal.replace('https://api', 'ftp://api'),
      'f.toml: base_url: expected an http:// or https:// URL, found "ftp://api.example.org"',
    ],
    [
      'bad level',
      `log_level = "loud"\n${minimal}`,
      'f.toml: log_level: expected one of "err", "warning", "info", "debug", found "loud"',
    ],
    [
      'bad item in a list',
      `other_hosts = ["x"]\n${minimal}`,
      'f.toml: other_hosts.0: expected an http:// or https:// URL, found "x"',
    ],
    ['not TOML', 'collector_id "1"', 'f.toml: line 1: expected TOML: illegal character in key'],
  ];
  for (const [name, text, error] of cases)
    t.throws(
      () => parseConfig('f.toml', text, apiSchema),
      { name: 'ConfigError', message: error },
      name,
    );
});

t.test('an unreadable file is named', async (t) => {
  t.throws(() => loadConfig('/nonexistent/api.toml', apiSchema), {
    message: '/nonexistent/api.toml: no such file: expected a readable TOML file',
  });
  t.throws(() => loadConfig(t.testdir(), apiSchema), { message: /cannot be read \(EISDIR\)/ });
});

t.test('the shipped files are valid, and their comments show every default', async (t) => {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const text = readFileSync(join('etc', `${name}.toml`), 'utf8');
    const asShipped = parseConfig(name, text, schema);
    t.ok(asShipped, `etc/${name}.toml is valid`);
    // With every commented key switched on the file must still be valid and mean the same, but for
    // keys that have no default.
    const optional =
      /^#((endpoint|credentials_file|password_file|metrics_textfile|log_key_file) = .*)$/gm;
    const uncommented = text.replace(optional, '').replace(/^#(\[?[a-z_0-9]+\]?( = .*)?)$/gm, '$1');
    const shown = parseConfig(name, uncommented, schema) as Record<string, unknown>;
    const actual = asShipped as Record<string, unknown>;
    for (const [key, value] of Object.entries(shown))
      if (actual[key] !== undefined) t.strictSame(actual[key], value, `${name}.toml: ${key}`);
    for (const key of Object.keys(schema.shape))
      t.match(text, new RegExp(`^#?(\\[${key}\\]|${key} = )`, 'm'), `${name}.toml shows ${key}`);
  }
});

t.test('secrets come from systemd credentials first, then from their file', async (t) => {
  const dir = t.testdir({ file: 'from file\n', credentials: { password: 'from systemd\n' } });
  const source = {
    credential: 'password',
    key: 'clickhouse.password_file',
    file: join(dir, 'file'),
  };
  const systemd = { CREDENTIALS_DIRECTORY: join(dir, 'credentials') };
  t.equal(readSecret(source, 'f.toml', systemd), 'from systemd');
  t.equal(readSecret(source, 'f.toml', {}), 'from file');
  t.equal(readSecret({ ...source, file: undefined }, 'f.toml', {}), undefined);
  t.throws(() => readSecret({ ...source, file: '/nonexistent' }, 'f.toml', {}), {
    message:
      /clickhouse.password_file: expected a readable file or the systemd credential password/,
  });
});

t.test('S3 credentials are two lines, and are not echoed when wrong', async (t) => {
  t.strictSame(parseS3Credentials('access_key_id=AK\nsecret_access_key = S/K+=\n', 'f'), {
    accessKeyId: 'AK',
    secretAccessKey: 'S/K+=',
  });
  t.strictSame(
    parseS3Credentials(
      '[default]\naws_access_key_id=AK\naws_secret_access_key=SK\naws_session_token=T/=\n',
      'f',
    ),
    { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'T/=' },
    'temporary ones, as AWS writes them',
  );
  t.throws(() => parseS3Credentials('SECRET', 'f.toml'), {
    message:
      'f.toml: s3.credentials_file: expected the lines access_key_id=… and secret_access_key=…',
  });
});

t.test('addresses', async (t) => {
  t.strictSame(splitAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80 });
  t.strictSame(splitAddress('[::1]:8080'), { host: '::1', port: 8080 });
});
