/**
 * Covers src/config/{api, common, credentials, fastpath, layers, probeServices, show, uploader}.ts.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apiSchema } from '../../src/config/api.ts';
import { splitAddress } from '../../src/config/common.ts';
import { parseS3Credentials, readSecret } from '../../src/config/credentials.ts';
import { fastpathSchema } from '../../src/config/fastpath.ts';
import { loadConfig, loadLayers, parseConfig } from '../../src/config/load.ts';
import { showConfig } from '../../src/config/show.ts';
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

/** A config file with drop-ins; the result of loading them. */
function layered(t: Pick<Tap, 'testdir'>, dropIns: Record<string, string>, main = minimal) {
  const dir = t.testdir({ 'api.toml': main, 'api.toml.d': dropIns });
  return { dir, load: () => loadLayers(join(dir, 'api.toml'), apiSchema) };
}
type Tap = typeof t;

t.test('drop-ins are read after the file, in the order of their names', async (t) => {
  const { dir, load } = layered(t, {
    '50-b.toml': 'workers = 5\n[clickhouse]\nusername = "b"\n',
    '10-a.toml':
      'workers = 1\nlisten = "127.0.0.1:1"\nother_hosts = ["https://a", "https://b"]\n[clickhouse]\nusername = "a"\ndatabase = "a"\n',
    '90-z.toml': 'other_hosts = ["https://z"]\n',
    // Not of the configuration: an editor's, dpkg's and a note.
    '.95-hidden.toml': 'workers = 6',
    '.#99-lock.toml': 'not TOML',
    '99-old.toml.dpkg-dist': 'workers = 7',
    README: 'not TOML',
  });
  const { config, files, origin } = load();
  const at = (name: string) => join(dir, 'api.toml.d', name);
  t.strictSame(
    files,
    [join(dir, 'api.toml'), at('10-a.toml'), at('50-b.toml'), at('90-z.toml')],
    'files in their order',
  );
  t.equal(config.workers, 5, 'the last one that sets a key wins');
  t.equal(config.listen, '127.0.0.1:1');
  t.strictSame(config.other_hosts, ['https://z'], 'a list is replaced, not lengthened');
  t.match(config.clickhouse, { username: 'b', database: 'a' }, 'sections are merged key by key');
  t.equal(config.collector_id, '1', 'what no drop-in sets is as in the file');
  t.equal(origin(['workers']), at('50-b.toml'));
  t.equal(origin(['clickhouse', 'database']), at('10-a.toml'));
  t.equal(origin(['clickhouse', 'username']), at('50-b.toml'));
  t.equal(origin(['collector_id']), join(dir, 'api.toml'));
  t.equal(origin(['log_level']), undefined, 'a default');
});

t.test('a fault names the file that it is in', async (t) => {
  const cases: [name: string, dropIns: Record<string, string>, error: RegExp][] = [
    ['a wrong value', { 'a.toml': 'workers = "x"' }, /api\.toml\.d\/a\.toml: workers: expected a/],
    [
      'an unknown key',
      { 'a.toml': '[s3]\nbukket = "x"', 'b.toml': 'workers = 1' },
      /api\.toml\.d\/a\.toml: s3\.bukket: unknown key/,
    ],
    [
      'a value in the place of a section',
      { 'a.toml': 's3 = "x"' },
      /api\.toml\.d\/a\.toml: s3: expected a value of type object/,
    ],
    ['not TOML', { 'a.toml': '\nworkers' }, /api\.toml\.d\/a\.toml: line 2: expected TOML: /],
    [
      'a date',
      { 'a.toml': 'collector_id = 2026-11-25' },
      /a\.toml: collector_id: expected a value of type string/,
    ],
    ['a name that objects have', { 'a.toml': '__proto__ = 1' }, /a\.toml: __proto__: unknown key/],
    ['… and methods', { 'a.toml': 'toString = 1' }, /a\.toml: toString: unknown key/],
  ];
  for (const [name, dropIns, message] of cases)
    t.throws(layered(t, dropIns).load, { name: 'ConfigError', message }, name);
  const { dir, load } = layered(t, {});
  mkdirSync(join(dir, 'api.toml.d', 'folder.toml'));
  t.throws(load, { message: /folder\.toml: cannot be read \(EISDIR\)/ });
  const file = t.testdir({ 'api.toml': minimal, 'api.toml.d': 'workers = 1' });
  t.throws(() => loadLayers(join(file, 'api.toml'), apiSchema), {
    message: /api\.toml\.d: cannot be read \(ENOTDIR\): expected a folder/,
  });
});

t.test('a wrong value that may be a secret is not shown', async (t) => {
  const cases: [line: string, message: RegExp][] = [
    ['[clickhouse]\nurl = "http://ooni:SECRET@db:8123"', /clickhouse\.url: expected a URL without/],
    [
      '[clickhouse]\nurl = "http://db:8123/ooni?a=SECRET"',
      /clickhouse\.url: expected .* without path/,
    ],
    ['[clickhouse]\nurl = "ftp://ooni:SECRET@db:8123"', /clickhouse\.url: expected an http/],
    ['[clickhouse]\npassword_file = "SECRET"', /password_file: expected an absolute path/],
    ['[clickhouse]\npassword = "SECRET"', /clickhouse\.password: unknown key/],
    ['other_hosts = ["https://u:SECRET@h"]', /other_hosts\.0: expected a URL without user/],
  ];
  for (const [line, message] of cases) {
    const { load } = layered(t, { 'a.toml': line });
    t.throws(load, { message }, line);
    t.throws(load, { message: /^(?!.*SECRET)/ }, 'and it is not in the text');
  }
});

t.test('the configuration in force is shown, and means the same again', async (t) => {
  const { dir, load } = layered(
    t,
    {
      'local.toml':
        'listen = "[::1]:80"\nother_hosts = ["https://a"]\n[test_helpers]\nssl = [{ address = "https://a", weight = 0.5 }, "https://b"]\n[check_in]\nfeature_rules = [{ feature = "a.b", value = true, share = 0.1, countries = ["IT"] }]\n[s3]\nregion = "a\\"\\u007f"\n',
    },
    `${minimal}path_style = true\n[clickhouse]\npassword_file = "/etc/pw"\n`,
  );
  const { config, origin } = load();
  const text = showConfig(config, origin);
  t.strictSame(parseConfig('shown', text, apiSchema), config);
  const lines = text.split('\n').map((line) => line.replace(/ +# /, '  # '));
  const main = join(dir, 'api.toml');
  const local = join(dir, 'api.toml.d', 'local.toml');
  for (const line of [
    `collector_id = "1"  # ${main}`,
    `listen = "[::1]:80"  # ${local}`,
    `other_hosts = ["https://a"]  # ${local}`,
    'workers = 0  # default',
    '[clickhouse]',
    'username = "default"  # default',
    `password_file = "/etc/pw"  # ${main}`,
    '[s3]',
    `ssl = [{ address = "https://a", weight = 0.5 }, "https://b"]  # ${local}`,
    `path_style = true  # ${main}`,
    `region = "a\\"\\u007f"  # ${local}`,
  ])
    t.ok(lines.includes(line), line);
});

t.test('the shipped files are valid, and their comments show every default', async (t) => {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const shipped = readFileSync(join('etc', `${name}.toml`), 'utf8');
    const text = shipped.replace(/^#((?:collector_id|base_url) = .*)$/gm, '$1');
    const asShipped = parseConfig(name, text, schema);
    t.ok(asShipped, `etc/${name}.toml is valid, with what must be set`);
    // With every commented key switched on the file must still be valid and mean the same, but for
    // keys that have no default.
    const optional = /^#(?!bucket)\w+ = .* {2}# for example$/gm;
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
