/**
 * Covers src/core/scoring/measurement.ts.
 */
import t from 'tap';
import {
  type FastpathRow,
  fastpathRow,
  rowAsJson,
  toClickHouseRow,
} from '../../../src/core/scoring/fastpathRow.ts';
import type { Scores } from '../../../src/core/scoring/scores.ts';
import { MalformedField } from '../../../src/core/scoring/values.ts';

const UID = '20260821101503.123456_IT_webconnectivity_9362da5cc13da58a';
const MINIMAL = {
  report_id: 'r',
  probe_asn: 'AS30722',
  test_start_time: '2026-08-21 10:14:30',
  measurement_start_time: '2026-08-21 10:14:58',
};

function rowOf(members: Record<string, unknown>, scores: Scores = {}): FastpathRow {
  const measurement = { ...MINIMAL, ...members };
  return fastpathRow({ measurementUid: UID, measurement, verified: 'u', scores });
}

t.test('what is missing', async (t) => {
  t.strictSame(rowOf({}), {
    measurement_uid: UID,
    report_id: 'r',
    input: '',
    probe_cc: '',
    probe_asn: 30722,
    test_name: '',
    test_start_time: '2026-08-21 10:14:30',
    measurement_start_time: '2026-08-21 10:14:58',
    scores: {},
    platform: 'unset',
    anomaly: 'f',
    confirmed: 'f',
    msm_failure: 'f',
    blocking_type: '',
    domain: '',
    software_name: '',
    software_version: '',
    test_version: '',
    test_runtime: 0,
    architecture: '',
    engine_name: '',
    engine_version: '',
    test_helper_address: '',
    test_helper_type: '',
    ooni_run_link_id: null,
    is_verified: 'u',
  } satisfies FastpathRow);
});

t.test('columns', async (t) => {
  const huge = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  for (const [name, members, expected] of [
    ['input', { input: 'https://a/b' }, { input: 'https://a/b', domain: 'a' }],
    ['no input', { input: {} }, { input: '', domain: '' }],
    [
      'meek',
      { test_name: 'meek_fronted_requests_test', input: ['a.b', 'c'] },
      { input: '{a.b,c}', domain: 'a.b' },
    ],
    ['meek text', { test_name: 'meek_fronted_requests_test', input: '//a' }, { domain: 'a' }],
    [
      'numbers as text',
      { software_version: 5, probe_cc: 0.5 },
      { software_version: '5', probe_cc: '0.5' },
    ],
    ['objects as text', { software_name: { a: [1] } }, { software_name: '{"a":[1]}' }],
    ['falsy test name', { test_name: {} }, { test_name: '' }],
    ['test name', { test_name: ['x'] }, { test_name: '["x"]' }],
    ['half a pair', { input: 'a\ud800b' }, { input: 'a\ufffdb' }],
    ['a whole pair', { input: '😀' }, { input: '😀' }],
    [
      'short times',
      { test_start_time: '2026-8-1 1:2:3' },
      { test_start_time: '2026-08-01 01:02:03' },
    ],
    ['largest network', { probe_asn: 'AS4294967295' }, { probe_asn: 4294967295 }],
    ['any two characters', { probe_asn: 'as007' }, { probe_asn: 7 }],
    ['runtime', { test_runtime: 1.25 }, { test_runtime: 1.25 }],
    ['runtime that is true', { test_runtime: true }, { test_runtime: 1 }],
    [
      'annotations',
      {
        annotations: { platform: 'linux', architecture: null, engine_name: 'e', engine_version: 1 },
      },
      { platform: 'linux', architecture: '', engine_name: 'e', engine_version: '1' },
    ],
    ['annotations that are none', { annotations: ['x'] }, { platform: 'unset' }],
    [
      'test helper',
      { test_helpers: { backend: { address: 'a', type: 'https' } } },
      { test_helper_address: 'a', test_helper_type: 'https' },
    ],
    [
      'test helper of another shape',
      { test_helpers: { backend: 'a' } },
      { test_helper_address: '' },
    ],
  ] as const) {
    t.match(rowOf(members), expected, name);
  }

  for (const [field, value] of [
    ['input', 5],
    ['input', ['x']],
    ['probe_asn', undefined],
    ['probe_asn', 'AS'],
    ['probe_asn', 'AS-1'],
    ['probe_asn', 'AS4294967296'],
    ['probe_asn', 12],
    ['test_start_time', null],
    ['test_start_time', '1969-12-31 23:59:59'],
    ['measurement_start_time', '2106-02-07 06:28:16'],
    ['test_runtime', '1.25'],
    ['test_runtime', 1e39],
    ['software_name', huge],
  ] as const) {
    const error = t.throws(() => rowOf({ [field]: value }), MalformedField) as Error;
    t.ok(error.message.startsWith(`${field}: expected `), error.message);
  }
});

t.test('links to OONI Run', async (t) => {
  for (const [value, expected] of [
    ['10042', 10042],
    [' 007 ', 7],
    [7.9, 7],
    [true, 1],
    ['18446744073709551615', '18446744073709551615'],
    ['18446744073709551616', null],
    ['-4', null],
    ['', null],
    ['x', null],
    [[], null],
    [null, null],
  ] as const) {
    t.equal(
      rowOf({ annotations: { ooni_run_link_id: value } }).ooni_run_link_id,
      expected,
      `${value}`,
    );
  }
});

t.test('flags', async (t) => {
  for (const [scores, expected] of [
    [{ blocking_general: 0.5 }, 'fff'],
    [{ blocking_general: 0.51 }, 'tff'],
    [{ accuracy: 0.5 }, 'fff'],
    [{ accuracy: 0 }, 'fft'],
    [{ confirmed: true }, 'ftf'],
  ] as const) {
    const row = rowOf({}, scores);
    t.equal(row.anomaly + row.confirmed + row.msm_failure, expected, JSON.stringify(scores));
  }
  t.equal(rowOf({}, { analysis: { blocking_type: 'dns' } }).blocking_type, 'dns');
});

t.test('as JSON', async (t) => {
  const row = rowOf({ annotations: { ooni_run_link_id: '18446744073709551615' } }, { accuracy: 0 });
  t.match(rowAsJson(row), /"scores":\{"accuracy":0\}.*,"ooni_run_link_id":18446744073709551615\}$/);
  t.strictSame(JSON.parse(rowAsJson(rowOf({}))), rowOf({}));
  t.strictSame(toClickHouseRow(row), { ...row, scores: '{"accuracy":0}' });
});
