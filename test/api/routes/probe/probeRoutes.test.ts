/**
 * What a probe asks beside its measurements, as it sends it: over HTTP, without any database. Covers
 * src/api/routes/probe/{bouncer,geolookup,tokens,toolConfigs}.ts, src/api/routes/oldPages.ts,
 * src/api/families/helperFamilies.ts, src/api/followed/file.ts, src/edge/http/redirect.ts
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { makeSignedTokens } from '../../../../src/edge/tokens/signedTokens.ts';
import { mmdb, place } from '../../../support/mmdb.ts';
import { ask, post, startService } from '../../support.ts';

const dir = t.testdir();
mkdirSync(join(dir, 'sources'));
writeFileSync(
  join(dir, 'sources/geoip.mmdb'),
  mmdb([{ network: '192.33.4.0/24', record: place('US', 2149, 'Cogent') }]),
);
const BRIDGE = 'SECRET-BRIDGE:443';
const target = { address: BRIDGE, protocol: 'obfs4', source: 'private' };
const files = {
  tor_targets_file: join(dir, 'tor.json'),
  psiphon_config_file: join(dir, 'psiphon.json'),
  riseupvpn_file: join(dir, 'vpn.json'),
};
writeFileSync(files.tor_targets_file, JSON.stringify({ id: target }));
writeFileSync(files.psiphon_config_file, '{"SponsorId": "SECRET-SPONSOR"}\n');
writeFileSync(
  files.riseupvpn_file,
  JSON.stringify({
    ca: 'CA',
    cert: 'C',
    key: 'SECRET-KEY',
    date_updated: '2026-08-21T03:00:00Z',
    endpoints: [{ address: '192.0.2.1:1194', protocol: 'openvpn', transport: 'tcp' }],
  }),
);
const NOW = Date.parse('2026-08-21T10:15:00Z');
const api = await startService(t, {
  nowMs: () => NOW,
  config: { sources_dir: join(dir, 'sources'), tool_configs: files },
});
const { url } = api;

const REGISTRATION = {
  platform: 'miniooni',
  probe_asn: 'AS0',
  probe_cc: 'ZZ',
  software_name: 'miniooni',
  software_version: '0.1.0-dev',
  supported_tests: ['web_connectivity'],
  password: 'x'.repeat(64),
};
const register = async (): Promise<string> =>
  (await post(`${url}/api/v1/register`, REGISTRATION)).json.client_id;

t.test('registration and login', async (t) => {
  const registered = await post(`${url}/api/v1/register`, REGISTRATION);
  t.equal(registered.status, 200);
  t.equal(registered.headers.get('cache-control'), 'no-cache');
  const { client_id } = registered.json;
  t.equal(client_id.length, 132);
  const [header, claims] = client_id
    .split('.')
    .map((part: string) => Buffer.from(part, 'base64url'));
  t.equal(String(header), '{"alg":"HS256","typ":"JWT"}');
  t.equal(String(claims), `{"iat":${NOW / 1000},"aud":"probe_login"}`);

  const login = await post(`${url}/api/v1/login`, { username: client_id, password: 'y' });
  t.equal(login.status, 200);
  t.equal(login.json.expire, '2026-08-28T10:15:00Z');
  const payload = Buffer.from(login.json.token.split('.')[1], 'base64url').toString();
  t.equal(payload, `{"registration_time":${NOW / 1000},"aud":"probe_token"}`);
  const legacy = await post(`${url}/api/v1/login`, { username: 'BOGUSBOGUS', password: 'y' });
  t.match(Buffer.from(legacy.json.token.split('.')[1], 'base64url').toString(), /:null,/);
});

t.test('a login that is refused is 401, whatever is wrong', async (t) => {
  const own = readFileSync(join(api.config.state_dir, 'probe-token-key'), 'utf8').trim();
  const { sign } = makeSignedTokens([own]);
  const iat = NOW / 1000;
  const client_id = await register();
  const cases: [name: string, username: unknown, detail: string][] = [
    ['no password', undefined, 'Missing credentials'],
    ['bad signature', `${client_id.slice(0, -3)}AAA`, 'Invalid credentials'],
    [
      'another key',
      await makeSignedTokens(['k'.repeat(32)]).sign({ iat, aud: 'probe_login' }),
      'Invalid credentials',
    ],
    ['another audience', await sign({ iat, aud: 'user_auth' }), 'Invalid credentials'],
    ['no audience', await sign({ iat }), 'Invalid credentials'],
    ['no iat', await sign({ aud: 'probe_login' }), 'Invalid credentials'],
    [
      'from the future',
      await sign({ iat: iat + 3_600, aud: 'probe_login' }),
      'Invalid credentials',
    ],
    [
      'unsigned',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${client_id.split('.')[1]}.`,
      'Invalid credentials',
    ],
  ];
  for (const [name, username, detail] of cases) {
    const answer = await post(`${url}/api/v1/login`, { username, password: 'y' });
    t.match(answer, { status: 401, json: { detail } }, name);
  }
  t.match(await post(`${url}/api/v1/login`, {}), { status: 401 });
  t.equal((await post(`${url}/api/v1/login`, 'x')).status, 422);
  t.equal((await post(`${url}/api/v1/register`, '')).status, 422);
});

t.test('keys are changed without a probe noticing', async (t) => {
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)];
  const id = await makeSignedTokens([old]).sign({ iat: NOW / 1000, aud: 'probe_login' });
  const second = await startService(t, { nowMs: () => NOW, probeTokenKeys: [next, old] });
  t.equal((await post(`${second.url}/api/v1/login`, { username: id, password: 'y' })).status, 200);
  const issued = (await post(`${second.url}/api/v1/register`, REGISTRATION)).json.client_id;
  const third = await startService(t, { nowMs: () => NOW, probeTokenKeys: [next] });
  const login = (username: string) =>
    post(`${third.url}/api/v1/login`, { username, password: 'y' });
  t.equal((await login(issued)).status, 200);
  t.equal((await login(id)).status, 401, 'when the old key is gone');
});

t.test('what a probe tells of itself is not looked at', async (t) => {
  for (const body of ['{"token":"SECRET-TOKEN","password":"p"}', '', '[]']) {
    const answer = await ask(`${url}/api/v1/update/SECRET-ID`, { method: 'PUT', body });
    t.match(answer, { status: 200, json: { status: 'ok' } });
  }
});

t.test('tools are configured as the files say', async (t) => {
  const tor = await ask(`${url}/api/v1/test-list/tor-targets?country_code=IT`);
  t.equal(tor.status, 200);
  t.equal(tor.headers.get('cache-control'), 'no-cache', 'so that no cache keeps it');
  t.strictSame(tor.json, { id: { name: '', params: null, ...target } });
  const psiphon = await ask(`${url}/api/v1/test-list/psiphon-config`);
  t.equal(psiphon.text, '{"SponsorId": "SECRET-SPONSOR"}');
  const vpn = await ask(`${url}/api/v2/ooniprobe/vpn-config/riseupvpn?country_code=IT`);
  t.equal(vpn.headers.get('cache-control'), 'no-cache');
  t.match(vpn.json, {
    provider: 'riseupvpn',
    config: { ca: 'CA', cert: 'C', key: 'SECRET-KEY' },
    date_updated: '2026-08-21T03:00:00.000000Z',
    endpoints: ['openvpn://riseupvpn.corp/?address=192.0.2.1:1194&transport=tcp'],
  });
  t.match(await ask(`${url}/api/v2/ooniprobe/vpn-config/nsavpn`), {
    status: 404,
    json: { detail: 'provider not found' },
  });
});

t.test('where nothing is configured it is 503, and where one must log in 401', async (t) => {
  const bare = await startService(t);
  for (const path of [
    '/api/v1/test-list/tor-targets',
    '/api/v1/test-list/psiphon-config',
    '/api/v2/ooniprobe/vpn-config/riseupvpn',
  ]) {
    const answer = await ask(bare.url + path);
    t.equal(answer.status, 503, path);
    t.ok(answer.headers.get('retry-after'));
  }

  const strict = await startService(t, {
    nowMs: () => NOW,
    config: { tool_configs: { ...files, require_token: true } },
  });
  const { client_id } = (await post(`${strict.url}/api/v1/register`, REGISTRATION)).json;
  const { token } = (
    await post(`${strict.url}/api/v1/login`, { username: client_id, password: 'y' })
  ).json;
  const status = async (authorization?: string) =>
    (
      await ask(`${strict.url}/api/v1/test-list/tor-targets`, {
        headers: authorization === undefined ? {} : { authorization },
      })
    ).status;
  t.equal(await status(), 400);
  t.equal(await status(token), 400);
  t.equal(await status(`Bearer ${token.slice(2)}`), 401);
  t.equal(await status(`Bearer ${client_id}`), 401, 'an id is no token');
  t.equal(await status(`Bearer ${token}`), 200);
});

t.test('collectors, bouncer and places', async (t) => {
  t.equal((await ask(`${url}/api/v1/collectors`)).json.length, 6);
  const bouncer = await post(`${url}/bouncer/net-tests`, {
    'net-tests': [{ name: 'ndt', version: '1' }],
  });
  t.match(bouncer, { status: 200, json: { 'net-tests': [{ name: 'ndt', 'input-hashes': null }] } });
  t.match(await post(`${url}/bouncer/net-tests`, ''), { status: 400 });
  t.match(await post(`${url}/bouncer/net-tests`, { 'net-tests': [] }), {
    status: 400,
    json: { detail: 'invalid net-tests request' },
  });
  t.match(await post(`${url}/bouncer/net-tests`, { 'net-tests': [{}] }), {
    status: 400,
    json: { detail: [{ type: 'missing' }, { type: 'missing' }] },
  });
  t.match(await post(`${url}/api/v1/geolookup`, { addresses: ['192.33.4.12'] }), {
    status: 200,
    json: { v: 1, geolocation: { '192.33.4.12': { cc: 'US', asn: 2149, as_name: 'Cogent' } } },
  });
  t.equal((await post(`${url}/api/v1/geolookup`, { addresses: ['x'] })).status, 422);
});

t.test('features are switched by place, software and version, as configured', async (t) => {
  const service = await startService(t, {
    config: {
      sources_dir: join(dir, 'sources'),
      check_in: {
        features_on: ['webconnectivity_0.5'],
        features_off: ['torsf_enabled'],
        feature_rules: [
          { feature: 'torsf_enabled', value: true, countries: ['IT'], asns: [5] },
          {
            feature: 'echcheck_enabled',
            value: true,
            software_names: ['ooniprobe-cli'],
            min_software_version: '3.30',
          },
          { feature: 'webconnectivity_0.5', value: false, countries: ['US'], share: 1 },
          { feature: 'webconnectivity_0.5', value: true, countries: ['US'], share: 0 },
        ],
      },
    },
  });
  const featuresOf = async (body: object, address = '203.0.113.1') =>
    (await post(`${service.url}/api/v1/check-in`, body, { 'x-forwarded-for': address })).json.conf
      .features;
  const common = { torsf_enabled: false, 'webconnectivity_0.5': true };
  const cli = { software_name: 'ooniprobe-cli', software_version: '3.30.1' };
  t.strictSame(await featuresOf({}), common);
  t.strictSame(await featuresOf({ probe_cc: 'IT', probe_asn: 'AS5' }), {
    ...common,
    torsf_enabled: true,
  });
  t.strictSame(await featuresOf({ probe_cc: 'IT', probe_asn: 'AS6' }), common);
  t.strictSame(await featuresOf(cli), { ...common, echcheck_enabled: true });
  t.strictSame(await featuresOf({ ...cli, software_version: '3.29.9' }), common);
  t.strictSame(
    await featuresOf({ probe_cc: 'XX' }, '192.33.4.9'),
    { ...common, 'webconnectivity_0.5': false },
    'by the place of its address too',
  );
});

t.test('bodies: any Content-Type, gzip, and a bound', async (t) => {
  const body = JSON.stringify({ addresses: ['192.33.4.12'] });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json'])
    t.equal((await post(`${url}/api/v1/geolookup`, body, { 'content-type': type })).status, 200);
  const gzip = { 'content-encoding': 'gzip' };
  t.equal((await post(`${url}/api/v1/geolookup`, gzipSync(body), gzip)).status, 200);
  t.equal((await post(`${url}/api/v1/geolookup`, 'no gzip', gzip)).status, 422);
  t.equal((await post(`${url}/api/v1/geolookup`, body, { 'content-encoding': 'br' })).status, 415);
  t.equal((await post(`${url}/api/v1/geolookup`, 'x'.repeat(65_537))).status, 413);
  const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
  t.equal((await post(`${url}/api/v1/geolookup`, bomb, gzip)).status, 413);
  t.equal((await post(`${url}/api/v1/geolookup`, '['.repeat(60_000))).status, 422);
});

t.test('HEAD, trailing slashes and methods', async (t) => {
  t.equal((await ask(`${url}/api/v1/test-helpers`, { method: 'HEAD' })).status, 200);
  const slash = await ask(`${url}/api/v1/collectors/`);
  t.equal(slash.status, 307);
  t.equal(slash.headers.get('location'), '/api/v1/collectors');
  t.equal((await ask(`${url}/api/v1/register`)).status, 405);
  t.equal((await post(`${url}/api/v1/collectors`, {})).status, 405);
});

t.test('links of the old web site', async (t) => {
  const cases: [path: string, status: number, location: string | null][] = [
    ['/stats', 301, 'https://explorer.ooni.org'],
    ['/files', 301, 'https://explorer.ooni.org/search'],
    ['/files/by_date', 301, 'https://explorer.ooni.org/search'],
    ['/files/by_country', 301, 'https://explorer.ooni.org/search'],
    [
      '/files/by_date/2020-02-29',
      301,
      'https://explorer.ooni.org/search?until=2020-03-01&since=2020-02-29',
    ],
    ['/files/by_date/2020-02-30', 400, null],
    ['/2020-02-29', 301, 'https://explorer.ooni.org/search?until=2020-03-01&since=2020-02-29'],
    ['/2020-02-30', 404, null],
    ['/2020-02-29/abc.json', 302, '/files/download/abc.json'],
    ['/files/download/abc.json', 301, 'https://explorer.ooni.org/'],
    ['/files/by_country/it', 301, 'https://explorer.ooni.org/search?probe_cc=IT'],
    ['/files/by_country/ita', 400, null],
    ['/invalidpath', 404, null],
    ['/2020-02-29/..%2f..%2fx.json', 404, null],
  ];
  for (const [path, status, location] of cases) {
    const answer = await ask(url + path);
    t.equal(answer.status, status, path);
    t.equal(answer.headers.get('location'), location, path);
  }
  t.equal((await post(`${url}/2020-02-29`, {})).status, 405);
  const robots = await ask(`${url}/robots.txt`);
  t.match(robots.headers.get('content-type'), /^text\/plain/);
  t.equal(robots.headers.get('cache-control'), 'max-age=86400');
  t.match(robots.text, /Disallow: \/api\/_\n/);
});

t.test(
  'a file that changes is in force without a restart, a damaged one is not taken',
  async (t) => {
    const own = t.testdir({ 'tor.json': JSON.stringify({ id: target }) });
    const path = join(own, 'tor.json');
    const lines: string[] = [];
    const { followFile } = await import('../../../../src/api/followed/file.ts');
    const { parseTorTargets } = await import('../../../../src/core/probe/toolConfigs.ts');
    const { makeLog } = await import('../../../../src/log/log.ts');
    const file = followFile({
      name: 'tor targets',
      path,
      maxBytes: 1_000,
      parse: parseTorTargets,
      describe: ({ entries }) => ({ entries }),
      advice: 'mend it',
      log: makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) }),
      lookEveryMs: 10,
    });
    t.teardown(() => file.close());
    await file.loaded;
    const put = (text: string) => {
      writeFileSync(`${path}.next`, text);
      renameSync(`${path}.next`, path);
    };
    put(JSON.stringify({ a: target, b: target }));
    while (file.value?.entries !== 2) await sleep(5);
    put(`{"id": "${BRIDGE}`);
    while (!lines.some((line) => line.includes('cannot refresh tor targets'))) await sleep(5);
    t.equal(file.value?.entries, 2);
    t.notMatch(lines.join('\n'), /SECRET/);
  },
);

t.test('no secret of any of it is in the log', (t) => {
  t.ok(api.lines.length > 0);
  t.notMatch(api.lines.join('\n'), /SECRET/);
  t.end();
});

t.test('a check-in is answered alike without Koa and, with a query, by it', async (t) => {
  const gzip = { 'Content-Encoding': 'gzip' };
  for (const [body, headers, status] of [
    [JSON.stringify({ probe_cc: 'IT', charging: true }), {}, 200],
    [gzipSync('{"probe_cc":"IT"}'), gzip, 200],
    ['{}', { 'X-Forwarded-For': '192.33.4.1' }, 200],
    ['', {}, 422],
    ['[]', {}, 422],
    ['{', {}, 422],
    ['{}', gzip, 422],
    ['{}', { 'Content-Encoding': 'zstd' }, 415],
    [`"${'x'.repeat(65_536)}"`, {}, 413],
  ] as const) {
    const answers = [];
    for (const query of ['', '?by=koa']) {
      const init = { method: 'POST', body: body as BodyInit, headers };
      const answer = await fetch(`${url}/api/v1/check-in${query}`, init);
      const { date, ...others } = Object.fromEntries(answer.headers);
      const text = await answer.text();
      // Lists, helpers and ids are drawn anew each time.
      const { conf, detail, v, probe_cc, probe_asn } = JSON.parse(text);
      answers.push({
        status: answer.status,
        headers: {
          ...others,
          'content-length': Number(others['content-length']) === Buffer.byteLength(text),
        },
        said: {
          names: Object.keys(conf ?? {}),
          features: conf?.features,
          detail,
          v,
          probe_cc,
          probe_asn,
        },
      });
    }
    t.equal(answers[0]!.status, status);
    t.strictSame(answers[0], answers[1]);
  }
});
