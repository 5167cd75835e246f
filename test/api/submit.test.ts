/**
 * Submissions through real HTTP into a real spool (protocol, probes 3.1 to 3.4.3, 7.1, 7.2).
 *
 * Covers src/api/routes/submission/{accepted, refusals, reports, storageFaults, submissionBody, submissionMemory,
 * submit}.ts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { makeMicrosecondClock } from '../../src/api/microsecondClock.ts';
import {
  block,
  bomb,
  rawFrame,
  SAMPLES,
  skippableFrame,
  windowFrame,
} from '../edge/zstd/samples.ts';
import {
  type Answer,
  ask,
  CONTENT,
  filesIn,
  post,
  REPORT_ID,
  startService,
  type TestService,
} from './support.ts';

const api = await startService(t);
const SUBMIT = `${api.url}/api/v1/submit_measurement`;
const LEGACY = `${api.url}/report/${REPORT_ID}`;
let serial = 0;
/** A measurement that was not sent before: a repeated one is not stored again. */
const fresh = (change: Record<string, unknown> = {}) => ({
  ...CONTENT,
  serial: serial++,
  ...change,
});
const submission = (content: unknown, more: Record<string, unknown> = {}) => ({
  format: 'json',
  content: typeof content === 'string' ? content : JSON.stringify(content),
  ...more,
});
const legacy = (content: unknown) => ({ format: 'json', content });
/** The stored envelope of an accepted measurement. */
const stored = (answer: Answer): string =>
  readFileSync(join(api.spoolDir, 'pending', `${answer.json.measurement_uid}.post`), 'utf8');
/** What was logged of submissions: what is followed in the database, which is not there, says that once. */
const linesOf = ({ lines }: TestService) =>
  lines.filter(
    (line) =>
      !/^err: cannot read (test list|prioritisation rules|measurement counters): /.test(line),
  );
const storedCount = () => filesIn(join(api.spoolDir, 'incoming')).length;

t.test('open a report', async (t) => {
  const answer = await post(`${api.url}/report`, {
    data_format_version: '0.2.0',
    format: 'json',
    probe_asn: 'AS65550',
    probe_cc: 'IE',
    software_name: 'ooniprobe-cli',
    software_version: '3.29.1',
    test_name: 'web_connectivity',
    test_start_time: '2026-08-21 10:15:02',
    test_version: '0.4.3',
  });
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  t.equal(answer.headers.get('content-type'), 'application/json');
  const { report_id, ...rest } = answer.json;
  t.strictSame(rest, { backend_version: '1.3.5', supported_formats: ['yaml', 'json'] });
  t.match(report_id, /^\d{8}T\d{6}Z_webconnectivity_IE_65550_n1_[A-Za-z0-9]{16}$/);
  t.equal(report_id.length, 61);

  t.match((await post(`${api.url}/report`, {})).json.report_id, /^\d{8}T\d{6}Z__ZZ_0_n1_/);
  for (const body of ['', 'x', '[]', 'null', '"text"', Buffer.from([0xff])]) {
    const refused = await post(`${api.url}/report`, body);
    t.equal(refused.status, 400);
    const expected = 'JSON expected';
    t.strictSame(refused.json, { detail: expected, error: expected, message: expected });
    t.equal(refused.headers.get('cache-control'), 'no-cache');
  }
  const zstd = await post(`${api.url}/report`, rawFrame('{}'), { 'Content-Encoding': 'zstd' });
  t.equal(zstd.status, 200);
});

t.test('close a report', async (t) => {
  for (const [id, body] of [
    ['TestReportID', ''],
    [REPORT_ID, '{}'],
    ['x', 'no json'],
  ] as const) {
    const answer = await post(`${api.url}/report/${id}/close`, body);
    t.equal(answer.status, 200);
    t.strictSame(answer.json, {});
  }
});

t.test('legacy: stored as sent, with is_verified', async (t) => {
  const text =
    '{ "format" : "json",\n "is_verified":"t", "content": {"test_name":"web_connectivity","probe_cc":"it","probe_asn":"AS30722", "n": [1.0, 1E5, 12345678901234567890, "\\u0041\\ud800"] } }';
  // Country in lower case passes the comparison, not the metadata rules.
  t.equal((await post(LEGACY, text)).json.detail.message, "Errors: ['bad_cc']");
  const good = text.replace('"it"', '"IT"');
  const answer = await post(LEGACY, good);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  t.strictSame(Object.keys(answer.json), ['measurement_uid']);
  t.equal(stored(answer), good.replace('"is_verified":"t"', '"is_verified":"u"'));
  const hash = createHash('sha512').update(stored(answer)).digest('hex').slice(0, 16);
  t.match(answer.json.measurement_uid, new RegExp(`^\\d{14}\\.\\d{6}_IT_webconnectivity_${hash}$`));
});

t.test('legacy: the format is JSON, whatever it was called', async (t) => {
  const content = JSON.stringify(fresh({ report_id: REPORT_ID }));
  for (const [sent, kept] of [
    [`{"content":${content}}`, `{"content":${content},"is_verified":"u","format":"json"}`],
    [
      `{"format":"yaml","content":${content}}`,
      `{"format":"json","content":${content},"is_verified":"u"}`,
    ],
  ] as const) {
    const answer = await post(LEGACY, sent);
    t.equal(answer.status, 200);
    t.equal(stored(answer), kept);
  }
});

t.test('legacy: what is refused, discarded, let pass', async (t) => {
  const id = '20230101T000000Z_integtest_IT_1_n1_integtest0000000';
  const content = { ...CONTENT, test_name: 'integtest', probe_asn: 'AS1' };
  const format = { status: 400, detail: 'Incorrect format' };
  const mismatch = { status: 400, detail: 'Inconsistent measurement' };
  const cases: [string, string, unknown, { status: number; detail?: unknown }][] = [
    ['bogus id', 'bogus', legacy(content), format],
    ['endless id', `${id}${'0'.repeat(200)}`, legacy(content), format],
    ['id with an odd ASN', id.replace('_1_', '_x_'), legacy(content), format],
    ['ASN 0', id.replace('_1_', '_0_'), legacy(content), { status: 200 }],
    ['ASN 0 with any body', id.replace('_1_', '_0_'), 'x', { status: 200 }],
    ['ZZ', id.replace('_IT_', '_zz_'), legacy(content), { status: 200 }],
    ['not JSON', id, '{', format],
    ['empty', id, '', format],
    ['a list', id, [legacy(content)], format],
    ['content missing', id, { format: 'json' }, format],
    ['content a text', id, legacy(JSON.stringify(content)), format],
    ['YAML', id, { format: 'yaml', content: 'a: 1' }, format],
    ['Latin-1', id, Buffer.from(JSON.stringify(legacy({ ...content, a: 'é' })), 'latin1'), format],
    [
      'NaN',
      id,
      `{"format":"json","content":${JSON.stringify(content).slice(0, -1)},"n":NaN}}`,
      format,
    ],
    ['country', id, legacy({ ...content, probe_cc: 'DE' }), mismatch],
    ['network', id, legacy({ ...content, probe_asn: 'AS2' }), mismatch],
    ['test', id, legacy({ ...content, test_name: 'ndt' }), mismatch],
    ['country that is a number', id, legacy({ ...content, probe_cc: 12 }), mismatch],
    [
      'leading zero',
      id.replace('_1_', '_07_'),
      legacy({ ...content, probe_asn: 'AS07' }),
      { status: 400, detail: { error: 'bad_metadata', message: "Errors: ['asn_leading_zero']" } },
    ],
    ['format is not looked at', id, { format: 'x', content }, { status: 200 }],
  ];
  const before = storedCount();
  for (const [name, reportId, body, expected] of cases) {
    const answer = await post(`${api.url}/report/${reportId}`, body);
    t.equal(answer.status, expected.status, name);
    if (expected.status === 200) continue;
    t.strictSame(answer.json.detail, expected.detail, name);
    t.type(answer.json.error, 'string', name);
    t.equal(answer.headers.get('cache-control'), 'no-cache', name);
  }
  t.equal(storedCount(), before + 1, 'only the last one was stored');
  t.strictSame((await post(`${api.url}/report/${id.replace('_1_', '_0_')}`, '')).json, {});
});

t.test(
  'legacy: a report id of strange characters stores nothing and makes no line for operators',
  async (t) => {
    const report = JSON.stringify(legacy(fresh()));
    const before = storedCount();
    for (const part of REPORT_ID.split('_'))
      for (const text of [
        '%00',
        '%0A%3C3%3E',
        '%2F..%2F..',
        '%20',
        '%ED%A0%80',
        '%EF%BC%91',
        '%',
        '%25',
      ]) {
        const id = REPORT_ID.replace(part, part + text);
        for (const path of [`/report/${id}`, `/report/${id}/`]) {
          const { status } = await ask(api.url + path, { method: 'POST', body: report });
          t.ok(status === 400 || status === 307, `${status} for ${path}`);
        }
      }
    t.equal(storedCount(), before);
    t.strictSame(
      linesOf(api).filter((line) => /^(err|warning): /.test(line)),
      [],
    );
  },
);

t.test('legacy: a test name of 30 characters', async (t) => {
  const id = REPORT_ID.replace('webconnectivity_IT', 'httpheaderfieldmanipulation_US');
  const content = fresh({ test_name: 'http_header_field_manipulation', probe_cc: 'US' });
  const answer = await post(`${api.url}/report/${id}`, legacy(content));
  t.match(answer.json.measurement_uid, /_US_httpheaderfieldmanipulation_/);
});

t.test('submit: the answer and what is stored', async (t) => {
  const text = ` { "test_name":"web_connectivity","probe_cc":"IE","probe_asn":"AS34245","n":1.0, "big":12345678901234567890,"e":"\\u00e9é"} `;
  const answer = await post(SUBMIT, submission(text, { nym: null, zkp_request: null }));
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  const { measurement_uid, report_id, ...rest } = answer.json;
  t.strictSame(rest, {
    verification_status: 'unverified',
    submit_response: null,
    protocol_version: '0.1.0',
    error: null,
  });
  t.match(report_id, /^\d{8}T\d{6}Z_webconnectivity_IE_34245_n1_[A-Za-z0-9]{16}$/);
  const content = `${text.trim().slice(0, -1)},"report_id":"${report_id}"}`;
  t.equal(
    stored(answer),
    `{"content":${content},"format":"json","protocol_version":null,"manifest_version":null,"is_verified":"u"}`,
  );
  const hash = createHash('sha512').update(stored(answer)).digest('hex').slice(0, 16);
  t.match(measurement_uid, new RegExp(`_IE_webconnectivity_${hash}$`));
});

t.test('submit: a report_id of the probe is replaced', async (t) => {
  const answer = await post(SUBMIT, submission(fresh({ report_id: 'of the probe' })));
  const { content } = JSON.parse(stored(answer));
  t.equal(content.report_id, answer.json.report_id);
});

t.test('submit: credentials without a manifest (4.7)', async (t) => {
  const fields = {
    nym: 'bnlt',
    zkp_request: 'enpw',
    manifest_version: '9',
    protocol_version: '0.1.0',
  };
  for (const name of Object.keys(fields) as (keyof typeof fields)[]) {
    const answer = await post(SUBMIT, submission(fresh(), { [name]: fields[name] }));
    t.match(answer, {
      status: 200,
      json: {
        verification_status: 'unverified',
        error: 'manifest_not_found',
        submit_response: null,
      },
    });
  }
  const answer = await post(SUBMIT, submission(fresh(), fields));
  const envelope = stored(answer);
  t.match(JSON.parse(envelope), {
    format: 'json',
    protocol_version: '0.1.0',
    manifest_version: '9',
    is_verified: 'u',
  });
  t.notMatch(envelope, /nym|zkp|bnlt|enpw/);
});

t.test('submit: what is refused', async (t) => {
  const bad = (change: Record<string, unknown>) => submission({ ...CONTENT, ...change });
  const cases: [string, unknown, number, unknown][] = [
    ['not JSON', '{', 422, [{ type: 'json_invalid', loc: ['body', 1] }]],
    ['empty', '', 422, [{ type: 'json_invalid' }]],
    ['a list', [], 422, [{ type: 'model_attributes_type', loc: ['body'] }]],
    ['format missing', { content: '{}' }, 422, [{ type: 'missing', loc: ['body', 'format'] }]],
    ['content an object', { format: 'json', content: CONTENT }, 422, [{ type: 'string_type' }]],
    ['nym a number', { ...bad({}), nym: 1 }, 422, [{ type: 'string_type', loc: ['body', 'nym'] }]],
    ['content not JSON', submission('{'), 400, { error: /^not JSON: / }],
    ['content NaN', submission('{"a":NaN}'), 400, { error: /^not JSON: / }],
    [
      'content a list',
      submission('[]'),
      400,
      { error: "'content' should be a json encoded as a string" },
    ],
    ['content null', submission('null'), 400, { error: /should be a json/ }],
    [
      'several rules',
      bad({ probe_cc: 'ITA', test_name: 'X' }),
      400,
      { error: 'bad_metadata', message: "Errors: ['bad_cc', 'tn_len', 'tn_no_lower']" },
    ],
    ['numbers for texts', bad({ probe_cc: 1, probe_asn: 2 }), 400, { error: 'bad_metadata' }],
    ['AS007', bad({ probe_asn: 'AS007' }), 400, { message: /asn_leading_zero/ }],
    ['ASN 0', bad({ probe_asn: 'AS0' }), 400, { error: 'asn_0' }],
    ['ASN odd', bad({ probe_asn: 'ASxyz' }), 400, { error: 'asn_invalid' }],
    ['ZZ', bad({ probe_cc: 'ZZ' }), 400, { error: 'cc_zz' }],
  ];
  const before = storedCount();
  for (const [name, body, status, detail] of cases) {
    const answer = await post(SUBMIT, body);
    t.equal(answer.status, status, name);
    t.match(answer.json.detail, detail as object, name);
    t.ok(typeof answer.json.error === 'string' && answer.json.error !== '', name);
    t.equal(answer.headers.get('cache-control'), 'no-cache', name);
  }
  t.equal(storedCount(), before);
});

t.test('codings, on both paths', async (t) => {
  const zstd = { 'Content-Encoding': 'zstd' };
  for (const [name, url, make] of [
    ['submit', SUBMIT, submission],
    ['legacy', LEGACY, legacy],
  ] as const) {
    const text = () => JSON.stringify(make(fresh()));
    const cases: [string, Uint8Array, Record<string, string>, number][] = [
      ['zstd', rawFrame(text()), zstd, 200],
      ['ZSTD', rawFrame(text()), { 'Content-Encoding': 'ZSTD' }, 200],
      [
        'with skippable frames',
        Buffer.concat([skippableFrame(Buffer.alloc(9)), rawFrame(text())]),
        zstd,
        200,
      ],
      ['zstd cut off', rawFrame(text()).subarray(0, -1), zstd, 400],
      ['zstd announced, JSON sent', Buffer.from(text()), zstd, 400],
      ['zstd not announced', rawFrame(text()), {}, name === 'submit' ? 422 : 400],
      ['gzip', gzipSync(text()), { 'Content-Encoding': 'gzip' }, 200],
      ['gzip cut off', gzipSync(text()).subarray(0, -1), { 'Content-Encoding': 'gzip' }, 400],
      ['identity', Buffer.from(text()), { 'Content-Encoding': 'identity' }, 200],
      ['unknown', Buffer.from(text()), { 'Content-Encoding': 'br' }, 415],
    ];
    for (const [coding, body, headers, status] of cases) {
      const answer = await post(url, body, headers);
      t.equal(answer.status, status, `${name}: ${coding}`);
      if (status !== 200) t.type(answer.json.error, 'string');
    }
  }
  // Text that the reference compressor made; its content fits no report id of ours.
  for (const [name, base64] of Object.entries(SAMPLES)) {
    if (name === 'window of 128 MiB') continue;
    const answer = await post(LEGACY, Buffer.from(base64, 'base64'), zstd);
    t.match(answer, { status: 400, json: { detail: 'Inconsistent measurement' } }, name);
  }
});

t.test('Content-Type does not matter', async (t) => {
  for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'x'])
    t.equal((await post(SUBMIT, submission(fresh()), { 'Content-Type': type })).status, 200, type);
});

t.test('a repeated submission gets the first answer and is stored once (9.18)', async (t) => {
  const before = storedCount();
  const body = submission(fresh());
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => post(SUBMIT, body)));
  const later = await post(SUBMIT, { ...body, nym: 'x' });
  for (const answer of [...others, later]) {
    t.equal(answer.status, 200);
    t.equal(answer.json.measurement_uid, first!.json.measurement_uid);
    t.equal(answer.json.report_id, first!.json.report_id);
  }
  t.equal(later.json.error, 'manifest_not_found', 'verification is of this request');
  const other = await post(SUBMIT, submission(`${body.content} `));
  t.not(
    other.json.measurement_uid,
    first!.json.measurement_uid,
    'another text is another measurement',
  );
  t.equal(storedCount(), before + 2);

  const report = JSON.stringify(legacy(fresh()));
  const once = await post(LEGACY, report);
  const zipped = await post(LEGACY, gzipSync(report), { 'Content-Encoding': 'gzip' });
  t.equal(zipped.json.measurement_uid, once.json.measurement_uid);
  const elsewhere = await post(`${LEGACY.slice(0, -1)}w`, report);
  t.not(elsewhere.json.measurement_uid, once.json.measurement_uid, 'another report');
  t.equal(storedCount(), before + 4);
});

t.test('fastpath is told of what was stored', async (t) => {
  const heard: string[] = [];
  const server = createServer((peer) => peer.on('data', (data) => heard.push(String(data))));
  await new Promise<void>((resolve) => server.listen(api.config.fastpath_socket, resolve));
  const uids: string[] = [];
  // The connection is made again after a pause: until then hints are lost.
  while (heard.length === 0)
    uids.push((await post(SUBMIT, submission(fresh()))).json.measurement_uid);
  t.equal(heard[0]!.split('\n')[0], uids.at(-1));
  server.close();
});

t.test('the log tells of each measurement, and of no address', async (t) => {
  const { json } = await post(SUBMIT, submission(fresh()), { 'X-Forwarded-For': '192.0.2.77' });
  const line = api.lines.find((text) => text.includes(json.measurement_uid));
  t.match(line, `report_id=${json.report_id}`);
  t.notMatch(linesOf(api).join(''), /192\.0\.2\.77|127\.0\.0\.1/);
});

t.test('bodies that are too large', async (t) => {
  const small = await startService(t, { config: { max_body_bytes: 10_000 } });
  const url = `${small.url}/api/v1/submit_measurement`;
  const text = JSON.stringify(submission(fresh({ pad: 'x'.repeat(10_000) })));
  const cases: [string, Uint8Array, Record<string, string>][] = [
    ['plain', Buffer.from(text), {}],
    ['gzip', gzipSync(text), { 'Content-Encoding': 'gzip' }],
    ['zstd', rawFrame(text), { 'Content-Encoding': 'zstd' }],
    ['zstd bomb', bomb(80_000), { 'Content-Encoding': 'zstd' }],
    ['zstd bomb that fits compressed', bomb(1_000), { 'Content-Encoding': 'zstd' }],
  ];
  for (const [name, body, headers] of cases) {
    const answer = await post(url, body, headers);
    t.equal(answer.status, 413, name);
    t.type(answer.json.error, 'string', name);
  }
  t.strictSame(filesIn(small.spoolDir), []);
  t.equal((await post(url, submission(fresh()))).status, 200);
});

t.test('a body of very many values is not parsed', async (t) => {
  const values = `[${'{},'.repeat(1_500_000)}0]`;
  const wanted = { status: 413, json: { detail: 'More than 2000000 values' } };
  const inContent = JSON.stringify(CONTENT).replace('{', `{"list":${values},`);
  const before = storedCount();
  t.match(await post(SUBMIT, submission(inContent)), wanted);
  t.match(await post(LEGACY, `{"format":"json","content":${inContent}}`), wanted);
  t.equal(storedCount(), before);
  // In a text they are one value.
  t.equal((await post(SUBMIT, submission(fresh({ page: values })))).status, 200);
});

t.test('nesting that readers of the archive cannot take is refused on both paths', async (t) => {
  const nested = (levels: number) => {
    const inner = `${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}`;
    return JSON.stringify(fresh()).replace('"test_keys":{}', `"test_keys":{"a":${inner}}`);
  };
  const before = storedCount();
  for (const levels of [128, 1_025, 100_000]) {
    const tooDeep = (most: number) => ({
      status: 400,
      json: { detail: `Nested deeper than ${most} levels` },
    });
    t.match(await post(SUBMIT, submission(nested(levels))), tooDeep(127), `${levels}`);
    const report = `{"format":"json","content":${nested(levels)}}`;
    t.match(await post(LEGACY, report), tooDeep(128), `${levels}`);
  }
  t.match(await post(SUBMIT, '['.repeat(1_000)), { status: 400 }, 'the body itself');
  t.equal(storedCount(), before);
  const most = await post(SUBMIT, submission(nested(127)));
  t.equal(most.status, 200);
  t.equal((await post(LEGACY, `{"format":"json","content":${nested(127)}}`)).status, 200);
  if (existsSync('/usr/bin/jq')) {
    // What is stored is one level deeper than what is published.
    const text = stored(most);
    t.equal(execFileSync('jq', ['-c', '.is_verified'], { input: text }).toString(), '"u"\n');
  }
  t.match(
    await api.service.metrics.registry.metrics(),
    /ooni_api_(rejected|bodies_refused)_total\{reason="too_deep"\} [1-9]/,
  );
});

t.test('legacy: who sent it is not stored', async (t) => {
  const content = JSON.stringify(fresh({ report_id: REPORT_ID, probe_id: 'public' }));
  const sent = `{"nym":"secret","content":${content},"zkp_request":"secret","\\u006eym":["secret"],"zkp\\u005frequest":1,"nym":null,"format":"json"}`;
  const answer = await post(LEGACY, sent);
  t.equal(answer.status, 200);
  t.equal(stored(answer), `{"content":${content},"format":"json","is_verified":"u"}`);
});

t.test('blanks around a measurement are not stored', async (t) => {
  const blanks = ' \r\n\t'.repeat(1_000);
  const content = JSON.stringify(fresh());
  const report = `{"format":"json","content":${content}}`;
  const legacyAnswer = await post(LEGACY, blanks + report + blanks);
  t.equal(stored(legacyAnswer), `${report.slice(0, -1)},"is_verified":"u"}`);
  const answer = await post(SUBMIT, submission(blanks + content + blanks));
  t.ok(stored(answer).startsWith(`{"content":${content.slice(0, -1)},"report_id":`));
  t.notMatch(stored(answer), /\s{2}/);
});

t.test('a zstd window that is too large is said to be', async (t) => {
  const body = windowFrame(28, block(0, 10, Buffer.alloc(10, 'a')));
  t.match(await post(SUBMIT, body, { 'Content-Encoding': 'zstd' }), {
    status: 413,
    json: { detail: 'zstd window of 268435456 bytes: at most 8388608' },
  });
});

t.test('a zstd bomb costs bounded memory', async (t) => {
  const before = process.memoryUsage().rss;
  // 10 GB out of 320 kB.
  const answer = await post(SUBMIT, bomb(80_000), { 'Content-Encoding': 'zstd' });
  t.equal(answer.status, 413);
  // The bound is one body of 200 MiB; a second of slack is for the runtime.
  t.ok(process.memoryUsage().rss - before < 2 * 209_715_200);
});

t.test('bodies that stop before their end do not keep others out', async (t) => {
  const tight = await startService(t, {
    config: { max_inflight_bytes: 1_048_576, max_body_bytes: 500_000 },
  });
  const url = `${tight.url}/api/v1/submit_measurement`;
  // Three requests that stop before their end hold the memory.
  const { connect } = await import('node:net');
  const port = Number(new URL(tight.url).port);
  const part = 'x'.repeat(340_000);
  const answers: string[] = [];
  const sockets = [1, 2, 3].map(() => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `POST /api/v1/submit_measurement HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n${part}`,
      ),
    );
    socket.on('data', (data) => answers.push(String(data)));
    return socket;
  });
  const used = async () =>
    Number(
      /ooni_api_inflight_bytes (\d+)/.exec(await tight.service.metrics.registry.metrics())![1],
    );
  while ((await used()) < 3 * 340_000) await new Promise((resolve) => setTimeout(resolve, 20));
  const big = submission(fresh({ pad: 'y'.repeat(100_000) }));
  let answer = await post(url, big);
  while (answer.status !== 200) {
    t.equal(answer.status, 503);
    t.match(answer.headers.get('retry-after'), /^\d+$/);
    answer = await post(url, big);
  }
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  t.match(answers[0], /^HTTP\/1.1 503 .*Connection: close.*Sent too slowly/is);
  t.match(
    await tight.service.metrics.registry.metrics(),
    /ooni_api_bodies_refused_total\{reason="evicted"\} 1/,
  );
  for (const socket of sockets) socket.destroy();
});

t.test('a few bytes that become many are refused, on both paths', async (t) => {
  const blanks = Buffer.from(`{"format":"json","content":"{}"${' '.repeat(5_000_000)}}`);
  const repeated = JSON.stringify(submission(fresh({ pad: 'ab'.repeat(1_500_000) })));
  for (const url of [SUBMIT, LEGACY]) {
    const gzip = await post(url, gzipSync(blanks), { 'Content-Encoding': 'gzip' });
    t.match(gzip, { status: 413, json: { detail: /^gzip: \d+ bytes of \d+$/ } });
    const zstd = await post(url, bomb(40), { 'Content-Encoding': 'zstd' });
    t.match(zstd, { status: 413, json: { detail: /^zstd content of more than 4194304 bytes/ } });
  }
  const below = await post(SUBMIT, gzipSync(repeated), { 'Content-Encoding': 'gzip' });
  t.equal(below.status, 200, 'below some megabytes anything goes');
});

t.test('the largest measurements are accepted', async (t) => {
  const numbers = Array.from({ length: 900_000 }, (_, at) => Math.sin(at));
  const text = JSON.stringify(submission(fresh({ numbers })));
  t.ok(text.length > 16_000_000, `${text.length} bytes`);
  t.equal((await post(SUBMIT, gzipSync(text), { 'Content-Encoding': 'gzip' })).status, 200);
  const other = JSON.stringify(submission(fresh({ numbers })));
  t.equal((await post(SUBMIT, rawFrame(other), { 'Content-Encoding': 'zstd' })).status, 200);
});

t.test('large bodies at once, again and again, are each stored as sent', async (t) => {
  // Memory of one is used for the next: nobody may see what another sent.
  const codings: readonly [Record<string, string>, (text: string) => string | Buffer][] = [
    [{}, (text) => text],
    [{ 'Content-Encoding': 'gzip' }, gzipSync],
    [{ 'Content-Encoding': 'zstd' }, rawFrame],
  ];
  for (let round = 0; round < 3; round++) {
    const sent = Array.from({ length: 24 }, (_, at) =>
      fresh({ text: String(at % 10).repeat(60_000 + 20_000 * (at % 7)) }),
    );
    const answers = await Promise.all(
      sent.map((content, at) => {
        const [headers, encode] = codings[at % 3]!;
        const [url, body] =
          at % 2 === 0 ? [SUBMIT, submission(content)] : [LEGACY, legacy(content)];
        return post(url, encode(JSON.stringify(body)), headers);
      }),
    );
    for (const [at, answer] of answers.entries()) {
      const { content } = JSON.parse(stored(answer)) as { content: object };
      const kept = { ...content, report_id: undefined };
      if (!isDeepStrictEqual(kept, { ...sent[at], report_id: undefined }))
        t.fail(`round ${round}: another text in place of ${at}`);
    }
    t.equal(new Set(answers.map(({ json }) => json.measurement_uid)).size, sent.length);
  }
});

t.test(
  'what cannot be stored gets 503, leaves nothing, and is accepted when sent again',
  async (t) => {
    const broken = await startService(t);
    const url = `${broken.url}/api/v1/submit_measurement`;
    const body = submission(fresh());
    const report = legacy(fresh());
    const aside = `${broken.spoolDir}.aside`;
    renameSync(broken.spoolDir, aside);
    for (const [to, sent] of [
      [url, body],
      [`${broken.url}/report/${REPORT_ID}`, report],
    ] as const) {
      const answer = await post(to, sent);
      t.equal(answer.status, 503);
      t.match(answer.json, { detail: /could not be stored/, error: /could not be stored/ });
      t.match(answer.headers.get('retry-after'), /^\d+$/);
    }
    const errors = linesOf(broken).filter((line) => line.startsWith('err: '));
    t.equal(
      errors.filter((line) => line.includes('cannot store measurements')).length,
      1,
      'said once',
    );
    t.match(errors[0], /cannot store measurements, probes get 503: .*restart/);
    rmSync(broken.spoolDir, { recursive: true, force: true });
    renameSync(aside, broken.spoolDir);
    t.strictSame(filesIn(broken.spoolDir), []);
    t.equal((await post(url, body)).status, 200);
    t.equal(filesIn(join(broken.spoolDir, 'incoming')).length, 1);

    // A memory of submissions that cannot be used costs duplicates, no measurement.
    rmSync(join(broken.spoolDir, 'seen'), { recursive: true });
    writeFileSync(join(broken.spoolDir, 'seen'), '');
    t.equal((await post(url, body)).status, 200);
    t.match(broken.lines.join(''), 'cannot remember submissions');
  },
);

t.test('with less room than is to be left: 503, said once with what to do', async (t) => {
  const full = await startService(t, { config: { min_free_bytes: 1_125_899_906_842_624 } });
  const url = `${full.url}/api/v1/submit_measurement`;
  for (let at = 0; at < 3; at++) t.equal((await post(url, submission(fresh()))).status, 503);
  const errors = linesOf(full).filter((line) => line.startsWith('err: '));
  t.equal(errors.length, 1);
  t.match(errors[0], /probes get 503: free disk space in .*kept for ooni-uploader.*min_free_bytes/);
  t.strictSame(filesIn(full.spoolDir), []);
});

t.test('a clock that cannot be believed: 503 on all paths, and no line per request', async (t) => {
  const hands = { wallMs: Date.UTC(1970, 0, 2), steadyMs: 0 };
  const wrong = await startService(t, {
    clock: makeMicrosecondClock(
      undefined,
      () => hands.wallMs,
      () => hands.steadyMs,
    ),
  });
  const send = async () => [
    await post(`${wrong.url}/report`, {}),
    await post(`${wrong.url}/report/${REPORT_ID}`, legacy(fresh())),
    await post(`${wrong.url}/api/v1/submit_measurement`, submission(fresh())),
  ];
  const refused = { status: 503, json: { detail: /clock of this server is wrong/ } };
  const allRefused = async (name: string) => {
    for (const answer of await send()) {
      t.match(answer, refused, name);
      t.match(answer.headers.get('retry-after'), /^\d+$/);
    }
    t.strictSame(filesIn(wrong.spoolDir), [], name);
  };
  await allRefused('1970');
  hands.wallMs = Date.UTC(2101, 0, 1);
  await allRefused('2101');
  hands.wallMs = Date.UTC(2026, 7, 22);
  const stored = await send();
  t.ok(stored.every(({ status }) => status === 200));
  t.match(stored[0]!.json.report_id, /^20260822T000000Z_/);
  t.match(stored[1]!.json.measurement_uid, /^20260822000000\./);
  t.match(stored[2]!.json.report_id, /^20260822T000000Z_/);
  rmSync(join(wrong.spoolDir, 'incoming'), { recursive: true });
  rmSync(join(wrong.spoolDir, 'pending'), { recursive: true });
  hands.wallMs = Date.UTC(2026, 7, 21);
  await allRefused('stepped back');
  t.strictSame(
    linesOf(wrong).filter((line) => /^(err|warning): /.test(line)),
    [],
  );
});

t.test('unknown paths and methods', async (t) => {
  const notAllowed = await ask(SUBMIT);
  t.equal(notAllowed.status, 405);
  t.equal(notAllowed.headers.get('allow'), 'POST');
  const text = 'Method Not Allowed';
  t.strictSame(notAllowed.json, { detail: text, error: text, message: text });
  const slash = await ask(`${SUBMIT}/?a=1`, { method: 'POST', body: '{}' });
  t.equal(slash.status, 307);
  t.equal(slash.headers.get('location'), '/api/v1/submit_measurement?a=1');
  t.match(await ask(`${api.url}/API/v1/submit_measurement`), {
    status: 404,
    json: { detail: 'Not Found' },
  });
  t.equal((await post(`${api.url}/report/a/b/c`, '')).status, 404);
});
