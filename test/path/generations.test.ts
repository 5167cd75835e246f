/**
 * Whole runs of each generation of probes against the three programs, in their order and with their headers
 * (protocol, probes 2.1): what they ask before they measure, their submissions, then the row and the body of
 * each measurement. At the end the address that they came from is nowhere.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { sampleMeasurement, webConnectivityKeys } from '../../scripts/run/measurements.ts';
import { startStack } from '../../scripts/run/stack.ts';
import { isMissing } from '../../src/disk/missing.ts';
import { mmdb, place } from '../support/mmdb.ts';
import { startVerifier } from '../support/verifier.ts';

/** Of every probe here: nobody else has them. */
const ADDRESS = '203.0.113.239';
const ADDRESS_6 = '2001:db8:5eed::ad';

const dir = t.testdir();
const verifierSocket = `/tmp/ooni-verifier-${process.pid}.sock`;
const verifier = await startVerifier(verifierSocket);
t.teardown(() => verifier.stop());
const manifestFile = join(dir, 'manifest.json');
writeFileSync(
  manifestFile,
  JSON.stringify({
    public_parameters: 'AdqzxWc0',
    submission_policy: [
      {
        match: { probe_cc: '*', probe_asn: '*' },
        policy: { age: [2461110, 2826140], min_measurement_count: 0 },
      },
    ],
  }),
);
const torTargets = join(dir, 'tor-targets.json');
writeFileSync(
  torTargets,
  '{"id":{"address":"192.0.2.1:443","protocol":"obfs4","source":"SECRET-BRIDGE"}}',
);
const stack = await startStack({
  stateDir: join(dir, 'state'),
  logs: 'files',
  apiToml: `workers = 2
log_level = "debug"
[credentials]
manifest_file = "${manifestFile}"
verifier_socket = "${verifierSocket}"
[tool_configs]
tor_targets_file = "${torTargets}"
`,
  fastpathToml: 'sweep_interval_ms = 300\nworkers = 1\nlog_level = "debug"\n',
});
t.teardown(() => stack.stop());
writeFileSync(
  join(stack.stateDir, 'sources/geoip.mmdb'),
  // Another network than its probes say, so that what differs is recorded too.
  mmdb([
    { network: `${ADDRESS}/32`, record: place('IT', 64511, 'Sample Networks') },
    { network: '2001:db8:5eed::/48', record: place('IT', 64511, 'Sample Networks') },
  ]),
);
await stack.startApi();
await stack.startFastpath();

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  readonly json: any;
}

/** A request with these headers and no other, but for those that HTTP asks for and nginx adds. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
  address = ADDRESS,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(stack.apiUrl);
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const asking = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...length, 'X-Forwarded-For': `192.0.2.9, ${address}` },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode!,
            json: text === '' ? undefined : JSON.parse(text),
          });
        });
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

/** A request whose sender goes before the answer is there. */
async function sendAndGo(path: string, headers: Readonly<Record<string, string>>, body: string) {
  const { hostname, port } = new URL(stack.apiUrl);
  const asking = request({
    hostname,
    port,
    method: 'POST',
    path,
    headers: {
      ...headers,
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Forwarded-For': ADDRESS,
    },
  });
  asking.on('error', () => {});
  await new Promise<void>((resolve) => asking.end(body, resolve));
  asking.destroy();
}

/** The command line and engines, in Go. */
const go = (version: string, more = {}) => ({
  'User-Agent': `ooniprobe-cli/${version} ooniprobe-engine/${version}`,
  'Accept-Encoding': 'gzip',
  ...more,
});
const goJson = (version: string, more = {}) =>
  go(version, { 'Content-Type': 'application/json', ...more });
/** The library in Rust: as a browser, and without any Content-Type. */
const rust = (userAgent: string) => ({
  'User-Agent': userAgent,
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
  'Accept-Language': 'en-US,en;q=0.9',
});

let serial = 0;
/** A measurement's text, made of nothing that a re-serialisation would leave. */
function measurement(softwareVersion: string, more: object = {}): string {
  const input = `https://site${serial}.example.org/`;
  const text = JSON.stringify({
    ...sampleMeasurement({
      probeCc: 'IT',
      probeAsn: 'AS64500',
      testName: 'web_connectivity',
      input,
      testKeys: webConnectivityKeys(input, 'dns injection'),
      startTime: new Date().toISOString().slice(0, 19).replace('T', ' '),
    }),
    software_version: softwareVersion,
    ...more,
  });
  return `${text.slice(0, -1)},"serial":${serial++}.00}`;
}

/** What was accepted, to be looked for. */
const accepted: { readonly uid: string; readonly content: string; readonly verified: string }[] =
  [];

async function begin(t: Tap, headers: Readonly<Record<string, string>>) {
  const helpers = await send('GET', '/api/v1/test-helpers', headers);
  t.equal(helpers.status, 200);
  for (const list of Object.values(helpers.json)) t.ok(Array.isArray(list));
}
type Tap = Pick<typeof t, 'equal' | 'match' | 'ok' | 'strictSame' | 'notMatch'>;

async function checkIn(t: Tap, headers: Readonly<Record<string, string>>, body: object) {
  const answer = await send('POST', '/api/v1/check-in', headers, JSON.stringify(body));
  t.equal(answer.status, 200);
  t.match(answer.json, {
    v: 1,
    probe_cc: 'IT',
    probe_asn: 'AS64511',
    probe_network_name: 'Sample Networks',
    conf: { features: {}, test_helpers: {} },
  });
  const { urls, report_id } = answer.json.tests.web_connectivity;
  t.ok(urls.length > 0);
  for (const entry of urls)
    t.strictSame(Object.keys(entry).sort(), ['category_code', 'country_code', 'url']);
  t.ok(Object.values(answer.json.conf.features).every((value) => typeof value === 'boolean'));
  return { urls, report_id };
}

async function openAndSubmit(t: Tap, version: string, close: boolean) {
  const nine = JSON.parse(measurement(version));
  const opening = {
    data_format_version: '0.2.0',
    format: 'json',
    probe_asn: nine.probe_asn,
    probe_cc: nine.probe_cc,
    software_name: nine.software_name,
    software_version: version,
    test_name: nine.test_name,
    test_start_time: nine.test_start_time,
    test_version: '0.5.28',
  };
  const opened = await send('POST', '/report', goJson(version), JSON.stringify(opening));
  t.equal(opened.status, 200);
  const { report_id, supported_formats } = opened.json;
  t.ok(supported_formats.includes('json'));
  for (let n = 0; n < 2; n++) {
    const content = measurement(version, { report_id });
    const body = `{"format":"json","content":${content}}`;
    const { status, json } = await send('POST', `/report/${report_id}`, goJson(version), body);
    t.equal(status, 200);
    t.match(json.measurement_uid, /^\d{14}\.\d{6}_IT_webconnectivity_[0-9a-f]{16}$/);
    accepted.push({ uid: json.measurement_uid, content, verified: 'u' });
  }
  if (close)
    t.strictSame(
      (await send('POST', `/report/${report_id}/close`, goJson(version), '{}')).json,
      {},
    );
}

async function submit(
  t: Tap,
  headers: Readonly<Record<string, string>>,
  content: string,
  credential: object,
) {
  const body = JSON.stringify({ format: 'json', content, ...credential });
  const { status, json } = await send('POST', '/api/v1/submit_measurement', headers, body);
  t.equal(status, 200);
  t.strictSame(Object.keys(json), [
    'measurement_uid',
    'verification_status',
    'submit_response',
    'protocol_version',
    'error',
    'report_id',
  ]);
  // Texts, always: otherwise the library cannot read the answer and sends all of it again.
  t.equal(typeof json.verification_status, 'string');
  t.equal(typeof json.protocol_version, 'string');
  return json;
}
const NO_CREDENTIAL = {
  nym: null,
  zkp_request: null,
  manifest_version: null,
  protocol_version: null,
};

t.test('engines of old phones: bouncer, list of URLs, reports that are closed', async (t) => {
  const version = '2.4.0';
  const bouncer = await send(
    'POST',
    '/bouncer/net-tests',
    { 'User-Agent': 'measurement_kit/0.10.5', 'Content-Type': 'application/json' },
    '{"net-tests":[{"name":"web_connectivity","version":"0.0.1","input-hashes":null,"test-helpers":["web-connectivity"]}]}',
  );
  t.equal(bouncer.status, 200);
  t.equal((await send('GET', '/api/v1/collectors', go(version))).json.length, 6);
  const list = await send('GET', '/api/v1/test-list/urls?country_code=IT&limit=5', go(version));
  t.ok(list.json.results.length > 0);
  await openAndSubmit(t, version, true);
});

t.test('the command line up to 3.29: check-in, reports, tor by way of a login', async (t) => {
  const version = '3.29.1';
  await begin(t, go(version));
  await checkIn(t, goJson(version), {
    charging: true,
    on_wifi: true,
    platform: 'linux',
    probe_asn: 'AS64500',
    probe_cc: 'IT',
    run_type: 'timed',
    software_name: 'ooniprobe-cli',
    software_version: version,
    web_connectivity: { category_codes: [] },
  });
  await openAndSubmit(t, version, false);
  const registered = await send(
    'POST',
    '/api/v1/register',
    goJson(version),
    JSON.stringify({
      platform: 'miniooni',
      probe_asn: 'AS0',
      probe_cc: 'ZZ',
      software_name: 'miniooni',
      software_version: '0.1.0-dev',
      supported_tests: ['web_connectivity'],
      password: `SECRET-PASSWORD${'p'.repeat(49)}`,
    }),
  );
  const login = await send(
    'POST',
    '/api/v1/login',
    goJson(version),
    JSON.stringify({
      username: registered.json.client_id,
      password: `SECRET-PASSWORD${'p'.repeat(49)}`,
    }),
  );
  t.equal(login.status, 200);
  const tor = await send(
    'GET',
    '/api/v1/test-list/tor-targets?country_code=IT',
    go(version, { Authorization: `Bearer ${login.json.token}` }),
  );
  t.match(tor.json, {
    id: { address: '192.0.2.1:443', name: '', params: null, source: 'SECRET-BRIDGE' },
  });
});

t.test('the command line from 3.30: a credential, and the way without', async (t) => {
  const version = '3.30.0';
  await begin(t, go(version));
  await checkIn(t, goJson(version), {
    charging: true,
    on_wifi: true,
    platform: 'linux',
    probe_asn: 'AS64500',
    probe_cc: 'IT',
    run_type: 'manual',
    software_name: 'ooniprobe-cli',
    software_version: version,
    web_connectivity: { category_codes: ['NEWS', 'HUMR'] },
  });
  const headers = rust('ooniprobe-cli');
  const { json: manifest } = await send('GET', '/api/v1/manifest', headers);
  const manifest_version = manifest.meta.version;
  const signing = JSON.stringify({ manifest_version, credential_sign_request: 'UkVRVUVTVA==' });
  const signed = await send('POST', '/api/v1/sign_credential', headers, signing);
  t.equal(signed.status, 200);
  const credential = {
    nym: 'SECRET-NYM',
    zkp_request: 'SECRET-PROOF',
    manifest_version,
    protocol_version: '0.1.0',
  };
  const content = measurement(version);
  const first = await submit(t, headers, content, credential);
  t.match(first, { verification_status: 'verified', submit_response: /./, error: null });
  accepted.push({ uid: first.measurement_uid, content, verified: 't' });

  // After the manifest has changed it sends the very same again, at once and without a credential.
  const stale = measurement(version);
  const refused = await submit(t, headers, stale, { ...credential, manifest_version: 'old' });
  t.match(refused, { submit_response: null, error: 'manifest_not_found' });
  const fallback = await submit(t, go(version), stale, NO_CREDENTIAL);
  t.equal(fallback.measurement_uid, refused.measurement_uid, 'stored once');
  accepted.push({ uid: refused.measurement_uid, content: stale, verified: 'u' });
});

t.test('the app: it knows no place, and sends no Content-Type', async (t) => {
  const headers = rust('ooni-passport-0.1.6; ooniprobe-6.2.0; android');
  const { report_id } = await checkIn(t, headers, {
    probe_cc: 'XX',
    probe_asn: 'AS0',
    on_wifi: null,
    charging: true,
    run_type: 'timed',
    software_name: 'ooniprobe-android',
    software_version: '6.2.0',
    web_connectivity: { category_codes: [] },
  });
  t.match(report_id, /_webconnectivity_IT_64511_/, 'the place is that of its address');
  const { json: manifest } = await send('GET', '/api/v1/manifest', headers);
  for (const text of [
    manifest.manifest.nym_scope,
    manifest.manifest.public_parameters,
    manifest.meta.version,
    manifest.meta.last_modification_date,
    manifest.meta.manifest_url,
  ])
    t.match(text, /\S/);
  for (const { policy, match } of manifest.manifest.submission_policy) {
    t.ok(policy.age.length === 2 && policy.age.every(Number.isInteger), 'two days');
    t.equal(typeof policy.min_measurement_count, 'number');
    t.match(match, { probe_cc: /./, probe_asn: /./ });
  }
  const content = measurement('6.2.0');
  const answer = await submit(t, headers, content, {
    nym: 'SECRET-NYM',
    zkp_request: 'SECRET-PROOF',
    manifest_version: manifest.meta.version,
    protocol_version: '0.1.0',
  });
  accepted.push({ uid: answer.measurement_uid, content, verified: 't' });
});

t.test(
  'the app whose answer is lost: its engine sends the same without a credential',
  async (t) => {
    const headers = rust('ooni-passport-0.1.6; ooniprobe-6.2.0; ios');
    const content = measurement('6.2.0');
    const body = JSON.stringify({ format: 'json', content, ...NO_CREDENTIAL });
    await sendAndGo('/api/v1/submit_measurement', headers, body);
    const { measurement_uid: uid } = await submit(t, go('3.30.0'), content, NO_CREDENTIAL);
    accepted.push({ uid, content, verified: 'u' });
  },
);

t.test('a report whose answer is lost, and one that is sent twice at once', async (t) => {
  const version = '3.29.1';
  const opening = { probe_asn: 'AS64500', probe_cc: 'IT', test_name: 'web_connectivity' };
  const { json } = await send('POST', '/report', goJson(version), JSON.stringify(opening));
  const path = `/report/${json.report_id}`;
  for (const lose of [true, false]) {
    const content = measurement(version, { report_id: json.report_id });
    const body = `{"format":"json","content":${content}}`;
    if (lose) await sendAndGo(path, goJson(version), body);
    const answers = await Promise.all([0, 1].map(() => send('POST', path, goJson(version), body)));
    const uids = new Set(answers.map((answer) => answer.json.measurement_uid));
    t.equal(uids.size, 1, 'stored once');
    accepted.push({ uid: [...uids][0], content, verified: 'u' });
  }
});

t.test(
  'phones as they are: an IPv6 address, small letters, no network, clocks far off',
  async (t) => {
    const ask = (probe: object) =>
      send(
        'POST',
        '/api/v1/check-in',
        rust('ooniprobe'),
        JSON.stringify({ charging: false, on_wifi: null, ...probe }),
        ADDRESS_6,
      );
    for (const [probe, where] of [
      [{}, 'IT_64511'],
      [{ probe_cc: '', probe_asn: '' }, 'IT_64511'],
      [{ probe_cc: 'de', probe_asn: 'as5' }, 'DE_5'],
      [{ probe_cc: 'DE', probe_asn: 'AS0' }, 'DE_64511'],
      [{ probe_cc: 'ZZ', probe_asn: 'AS5' }, 'IT_5'],
    ] as const) {
      const { status, json } = await ask(probe);
      t.equal(status, 200);
      t.match(json, { probe_cc: 'IT', probe_asn: 'AS64511' }, 'its address is looked up');
      t.match(json.tests.dash.report_id, new RegExp(`_dash_${where}_n`), JSON.stringify(probe));
      t.ok(json.tests.web_connectivity.urls.length > 0);
    }
    for (const test_start_time of ['1970-01-01 00:00:07', '2038-01-19 03:14:08']) {
      const content = measurement('3.29.1', {
        test_start_time,
        measurement_start_time: test_start_time,
      });
      const body = JSON.stringify({ format: 'json', content, ...NO_CREDENTIAL });
      const { status, json } = await send(
        'POST',
        '/api/v1/submit_measurement',
        rust('ooniprobe'),
        body,
        ADDRESS_6,
      );
      t.equal(status, 200, test_start_time);
      accepted.push({ uid: json.measurement_uid, content, verified: 'u' });
    }
  },
);

const withoutReportId = (text: string) => text.replace(/,"report_id":"[^"]*"(?=[,}])/, '');

t.test('every measurement has its row and its body', async (t) => {
  while (readdirSync(join(stack.spoolDir, 'pending')).length > 0) await sleep(50);
  const rows = await stack.query<{ uid: string; verified: string; n: string }>(
    'SELECT measurement_uid AS uid, any(is_verified) AS verified, count() AS n FROM fastpath GROUP BY uid',
  );
  t.strictSame(
    rows.map(({ uid, verified, n }) => `${uid} ${verified} ${n}`).sort(),
    accepted.map(({ uid, verified }) => `${uid} ${verified} 1`).sort(),
  );
  const bodiesAre = async (where: string) => {
    for (const { uid, content } of accepted) {
      const answer = await fetch(`${stack.apiUrl}/api/v1/measurement/${uid}`);
      t.equal(withoutReportId(await answer.text()), withoutReportId(content), `${uid} ${where}`);
    }
  };
  await bodiesAre('in the spool');
  filesAreClean(t, accepted.length);
  t.equal(await stack.runUploader('--open-hours'), 0);
  await bodiesAre('in the archive');
});

/** Whose measurement it is. */
const PRIVATE = new RegExp(
  `${ADDRESS.replaceAll('.', '\\.')}|2001:0?db8:5eed:|SECRET-(NYM|PROOF|BRIDGE|PASSWORD)`,
  'i',
);

/** What is in a folder of programs that run: what goes or is renamed meanwhile is left out. */
function* filesBelow(folder: string): Generator<{ readonly file: string; readonly bytes: Buffer }> {
  for (const entry of ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    const bytes = entry.isFile() ? ifThere(() => readFileSync(path)) : undefined;
    if (bytes !== undefined) yield { file: path, bytes };
  }
}

function ifThere<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Spool, state, logs, bucket, database. */
function filesAreClean(t: Tap, least: number): void {
  let files = 0;
  for (const { file, bytes } of filesBelow(stack.stateDir)) {
    if (basename(file) === 'geoip.mmdb') continue;
    const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    t.notMatch(text.toString('latin1'), PRIVATE, file);
    files++;
  }
  t.ok(files > least, `${files} files`);
}

t.test('nowhere is the address that they came from, or who they are', async (t) => {
  // What differs from GeoIP is written from time to time.
  while ((await stack.query('SELECT uid FROM faulty_measurements')).length < accepted.length)
    await sleep(100);
  filesAreClean(t, 20);
  const tables = await stack.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'ooni' AND engine NOT LIKE '%View'",
  );
  for (const { name } of tables)
    t.notMatch(JSON.stringify(await stack.query(`SELECT * FROM ooni.${name}`)), PRIVATE, name);
  t.ok(tables.length > 10);
});
