/**
 * Covers src/core/scoring/{archived, insertTexts, literals}.ts, src/fastpath/commands/score.ts.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import t from 'tap';
import { runScore } from '../../src/fastpath/commands/score.ts';

const UID = '20260821101503.123456_IT_webconnectivity_9362da5cc13da58a';
const MEASUREMENT = {
  report_id: 'r',
  test_name: 'web_connectivity',
  probe_asn: 'AS30722',
  probe_cc: 'IT',
  test_start_time: '2026-08-21 10:14:30',
  measurement_start_time: '2026-08-21 10:14:58',
  test_keys: { blocking: 'dns', requests: [{ response: { body: 'blocked by order' } }] },
};

const lineOf = (measurement: unknown, uid: unknown = UID) =>
  JSON.stringify({ measurement_uid: uid, measurement });

/** Runs the command over chunks of input and parses what it writes. */
async function score(
  chunks: readonly (string | Buffer)[],
  fingerprintsDir?: string,
): Promise<{ code: number; answers: Record<string, unknown>[] }> {
  const output = new PassThrough();
  const read = output.toArray();
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const code = await runScore({ input, output, ...(fingerprintsDir ? { fingerprintsDir } : {}) });
  output.end();
  const lines = Buffer.concat(await read)
    .toString('utf8')
    .split('\n');
  t.equal(lines.pop(), '', 'ends with a line feed');
  return { code, answers: lines.map((line) => JSON.parse(line)) };
}

t.test('one line out for each line in, in order', async (t) => {
  const { code, answers } = await score([
    `${lineOf(MEASUREMENT)}\n`,
    `${lineOf({ format: 'json', content: MEASUREMENT, is_verified: 't' })}\n\n`,
    `${lineOf({ ...MEASUREMENT, probe_cc: 'ZZ' })}\r\nnot JSON\n`,
    `${lineOf({ ...MEASUREMENT, test_keys: 5 })}\n${lineOf(MEASUREMENT, 5)}\n[]\n`,
    JSON.stringify({ measurement_uid: UID }),
  ]);
  t.equal(code, 0);
  t.match(answers, [
    {
      measurement_uid: UID,
      row: { measurement_uid: UID, is_verified: 'u', scores: { blocking_general: 1 } },
    },
    { measurement_uid: UID, row: { is_verified: 't' } },
    { measurement_uid: null, error: /^not JSON/ },
    { measurement_uid: UID, discarded: 'probe_cc is ZZ' },
    { measurement_uid: null, error: /^not JSON/ },
    { measurement_uid: UID, error: 'test_keys: expected an object, found a number' },
    { measurement_uid: null, error: /measurement_uid/ },
    { measurement_uid: null, error: /measurement_uid/ },
    { measurement_uid: UID, error: 'expected a JSON object, found nothing' },
  ]);
  t.equal(answers.length, 9);
});

t.test('numbers in columns of text stay as they were written', async (t) => {
  const line = lineOf({ ...MEASUREMENT, software_version: 7 }).replace(':7', ':1.0');
  t.match((await score([line])).answers, [{ row: { software_version: '1.0' } }]);
});

t.test('no input', async (t) => {
  t.strictSame(await score([]), { code: 0, answers: [] });
});

t.test('lines cut anywhere, also within a character', async (t) => {
  const input = 'https://пример.рф/😀';
  const bytes = Buffer.from(`${lineOf({ ...MEASUREMENT, input })}\n`.repeat(3));
  for (const size of [1, 7, 1000]) {
    const chunks: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += size)
      chunks.push(bytes.subarray(from, from + size));
    const { answers } = await score(chunks);
    t.match(answers, [{ row: { input } }, { row: { input } }, { row: { input } }], `${size} bytes`);
  }
});

t.test('a line of many megabytes', async (t) => {
  const body = 'x'.repeat(12_000_000);
  const big = {
    ...MEASUREMENT,
    test_keys: { blocking: false, requests: [{ response: { body } }] },
  };
  const { answers } = await score([`${lineOf(big)}\n${lineOf(MEASUREMENT)}\n`]);
  t.match(answers, [{ row: { anomaly: 'f' } }, { row: { anomaly: 't' } }]);
});

t.test('fingerprints', async (t) => {
  const header =
    'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes\n';
  const dir = t.testdir({
    'fingerprints_dns.csv': header,
    'fingerprints_http.csv': `${header}x.y,nat,,body,contains,blocked by order,5,IT,,,\n`,
  });
  const line = `${lineOf(MEASUREMENT)}\n`;
  t.match((await score([line], dir)).answers, [
    { row: { confirmed: 't', scores: { fingerprints: [{ name: 'x.y' }] } } },
  ]);
  t.match((await score([line])).answers, [{ row: { confirmed: 'f' } }], 'none without a folder');

  await t.rejects(score([line], join(dir, 'elsewhere')), {
    exitCode: 74,
    message: /^cannot read .*fingerprints_dns\.csv$/,
    cause: { code: 'ENOENT' },
  });
  writeFileSync(join(dir, 'fingerprints_http.csv'), 'name\nx\n');
  await t.rejects(score([line], dir), {
    exitCode: 78,
    message: /^cannot read .*fingerprints_http\.csv$/,
    cause: { message: /column scope/ },
  });
});

t.test('input is read no faster than answers are taken', async (t) => {
  const line = Buffer.from(`${lineOf(MEASUREMENT)}\n`);
  let sent = 0;
  const input = new Readable({
    highWaterMark: 1,
    read() {
      this.push(sent++ < 1000 ? line : null);
    },
  });
  const output = new PassThrough({ highWaterMark: 1 });
  const done = runScore({ input, output });
  await once(output, 'readable');
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.ok(sent < 20, `${sent} lines read while nobody took an answer`);

  output.resume();
  t.equal(await done, 0);
  t.equal(sent, 1001);
});

t.test('a reader that leaves', async (t) => {
  const line = Buffer.from(`${lineOf(MEASUREMENT)}\n`);
  const failing = (code: string) => {
    let left = 3;
    return new Writable({
      write(_chunk, _encoding, done) {
        done(left-- > 0 ? null : Object.assign(new Error(`write ${code}`), { code }));
      },
    });
  };
  const input = () => Readable.from(Array.from({ length: 50 }, () => line));
  t.equal(await runScore({ input: input(), output: failing('EPIPE') }), 74, 'quietly');
  await t.rejects(runScore({ input: input(), output: failing('ENOSPC') }), {
    exitCode: 74,
    message: 'cannot write the answers',
    cause: { code: 'ENOSPC' },
  });
});

t.test('what no measurement can be is answered, and none of it is shown', async (t) => {
  const secret = 'my-own-words';
  const { code, answers } = await score([
    `${'['.repeat(50_000_000)}\n`,
    `{"measurement_uid":"${UID}","measurement":[${'0,'.repeat(2_000_001)}0]}\n`,
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]),
    `{"measurement_uid":${secret}}\n`,
    `${lineOf({ format: 'yaml', content: `a: *${secret}` })}\n`,
    `${lineOf({ format: 'yaml', content: `a: [${secret}` })}\n`,
    `${lineOf(MEASUREMENT)}\n`,
  ]);
  t.equal(code, 0);
  t.match(answers, [
    { measurement_uid: null, error: 'nested deeper than 129 levels' },
    { measurement_uid: null, error: 'more than 2000000 values' },
    { measurement_uid: null, error: 'not valid UTF-8' },
    { measurement_uid: null, error: /^not JSON/ },
    { measurement_uid: UID, error: /^content: not YAML: / },
    { measurement_uid: UID, error: /^content: not YAML: \w+ in line 1$/ },
    { measurement_uid: UID, row: { measurement_uid: UID } },
  ]);
  t.notMatch(JSON.stringify(answers), secret);
});
