import t from 'tap';
import { scorePost, scoreValue } from '../../../src/core/scoring/scorePost.ts';
import { BASE, NOTHING_KNOWN } from './table.ts';

const UID = '20260821101503.123456_IT_dash_9362da5cc13da58a';
const MEASUREMENT = {
  report_id: 'r',
  test_name: 'dash',
  probe_asn: 'AS30722',
  probe_cc: 'IT',
  test_start_time: '2026-08-21 10:14:30',
  measurement_start_time: '2026-08-21 10:14:58',
  test_keys: { failure: null },
};
const scoreText = (text: string) => scorePost(Buffer.from(text), UID, NOTHING_KNOWN);
const scoreMembers = (members: Record<string, unknown>) =>
  scoreValue({ ...MEASUREMENT, ...members }, UID, NOTHING_KNOWN);

t.test('a row', async (t) => {
  const post = { format: 'json', is_verified: 't', content: MEASUREMENT };
  t.match(scoreText(JSON.stringify(post)), {
    kind: 'row',
    testName: 'dash',
    row: { measurement_uid: UID, is_verified: 't', scores: BASE },
  });
});

t.test('numbers in columns of text are stored as they were written', async (t) => {
  const members = JSON.stringify({ ...MEASUREMENT, test_name: 'ndt' }).slice(1, -1);
  for (const [more, expected] of [
    ['"software_version":1.0', { software_version: '1.0' }],
    ['"software_version":"1.0"', { software_version: '1.0' }],
    ['"software_version":2,"software_version":1.50', { software_version: '1.50' }],
    ['"test_version":1e2,"software_name":-0', { test_version: '1e2', software_name: '-0' }],
    [
      '"annotations":{"platform":1.0,"engine_version":"3"}',
      { platform: '1.0', engine_version: '3' },
    ],
    [
      '"annotations":{"ooni_run_link_id":9007199254740993}',
      { ooni_run_link_id: '9007199254740993' },
    ],
    ['"annotations":{"ooni_run_link_id":1e3}', { ooni_run_link_id: 1000 }],
    ['"annotations":{"ooni_run_link_id":12}', { ooni_run_link_id: 12 }],
    ['"annotations":{"ooni_run_link_id":-1}', { ooni_run_link_id: null }],
  ] as const) {
    const measurement = `{${members},${more}}`;
    t.match(scoreText(measurement), { kind: 'row', row: expected }, more);
    const post = ` {"format" : "json", "content" : ${measurement}}`;
    t.match(scoreText(post), { kind: 'row', row: expected }, 'within its envelope');
  }
});

t.test('discards', async (t) => {
  for (const [members, reason] of [
    [{ report_id: null, probe_asn: ['x'] }, 'no report_id'],
    [{ report_id: undefined }, 'no report_id'],
    [{ probe_cc: 'zz' }, 'probe_cc is ZZ'],
    [{ probe_asn: 'as0' }, 'probe_asn is AS0'],
    [{ probe_cc: 'ZZ', test_keys: 5 }, 'probe_cc is ZZ'],
  ] as const) {
    t.strictSame(scoreMembers(members), { kind: 'discard', reason });
  }
  for (const members of [
    { report_id: '' },
    { probe_cc: 'ZZZ' },
    { probe_cc: null },
    { probe_asn: 'AS00' },
  ]) {
    t.equal(scoreMembers(members).kind, 'row', JSON.stringify(members));
  }
});

t.test('quarantine', async (t) => {
  for (const [name, text, reason] of [
    ['nothing', '', 'not JSON: '],
    ['text', 'x', 'not JSON: '],
    ['cut', '{"report_id":"r"', 'not JSON: '],
    ['a number', '1', 'expected a JSON object, found a number'],
    ['another format', '{"format":"xml","content":{}}', 'format: '],
  ] as const) {
    const outcome = scoreText(text);
    t.equal(outcome.kind, 'quarantine', name);
    if (outcome.kind === 'quarantine') t.ok(outcome.reason.startsWith(reason), outcome.reason);
  }
  t.strictSame(scoreMembers({ test_keys: 5 }), {
    kind: 'quarantine',
    reason: 'test_keys: expected an object, found a number',
  });
  const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
  t.match(
    scoreMembers({
      test_name: 'http_invalid_request_line',
      test_keys: { sent: deep, received: deep },
    }),
    { kind: 'quarantine', reason: /^too deep or too large: / },
  );
  t.strictSame(scoreMembers({ measurement_start_time: 'x' }), {
    kind: 'quarantine',
    reason: 'measurement_start_time: expected YYYY-MM-DD HH:MM:SS from 1970 to 2106, found text',
  });
});

t.test('test names', async (t) => {
  for (const name of [
    'constructor',
    '__proto__',
    'no_such_test',
    '',
    null,
    5,
    ['dash'],
    undefined,
  ]) {
    const outcome = scoreMembers({ test_name: name });
    t.match(outcome, { kind: 'row', row: { scores: { ...BASE, accuracy: 0 } } }, `${name}`);
  }
});

t.test('the clock has the last word', async (t) => {
  const start = { measurement_start_time: '2027-01-01 00:00:00' };
  const msg = 'Measurement start time from the future';
  t.match(scoreMembers({ ...start, test_keys: { failure: 'other' } }), {
    row: { msm_failure: 't', scores: { msg, accuracy: 0 } },
  });
  const ndt = scoreMembers({ ...start, test_name: 'ndt' });
  t.strictSame(ndt.kind === 'row' && ndt.row.scores, { accuracy: 0, msg });
});

t.test('text that is JSON, but no friend of programs', async (t) => {
  const text = JSON.stringify(MEASUREMENT).slice(1);
  for (const [name, member] of [
    ['prototype', '"__proto__":{"test_keys":5,"failure":"x"}'],
    ['constructor', '"constructor":{"prototype":{"polluted":true}}'],
    ['hasOwnProperty', '"hasOwnProperty":1,"toString":null'],
    ['deep', `"x":${'['.repeat(127)}${']'.repeat(127)}`],
    ['huge numbers', '"x":1e400,"y":123456789012345678901234567890,"z":-0'],
    ['twice', '"test_name":"tor"'],
  ] as const) {
    t.match(scoreText(`{${member},${text}`), { kind: 'row', row: { test_name: 'dash' } }, name);
  }
  const keys = JSON.parse('{"__proto__":{"failure":"other"}}');
  t.match(scoreMembers({ test_keys: keys }), { row: { scores: BASE } });
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
});
