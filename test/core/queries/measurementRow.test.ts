import t from 'tap';
import {
  isShown,
  type MeasurementRow,
  metaAnswer,
  readMetaParameters,
  readRawParameters,
  rowQuery,
  wantsCategory,
} from '../../../src/core/queries/measurementRow.ts';

const REPORT = '20210709T004340Z_webconnectivity_MY_4818_n1_YCM7J9mGcEHds2K3';

t.test('which row is asked for (contract, data-api 4.2 and 4.3)', (t) => {
  const meta = (query: string) => readMetaParameters(new URLSearchParams(query));
  const raw = (query: string) => readRawParameters(new URLSearchParams(query));
  const cases: [string, unknown, unknown][] = [
    [
      '',
      {
        kind: 'refused',
        status: 400,
        detail: 'Missing measurement_uid or report_id. You should provide at the least one',
      },
      {
        kind: 'refused',
        status: 400,
        detail: 'Either report_id or measurement_uid must be provided',
      },
    ],
    ['input=https://x/', { kind: 'refused', status: 400 }, { kind: 'refused', status: 400 }],
    [
      `measurement_uid=uid1&report_id=${REPORT}&input=abc`,
      { kind: 'ok', key: { measurementUid: 'uid1' } },
      { kind: 'ok', key: { measurementUid: 'uid1' } },
    ],
    [
      `report_id=${REPORT}&input=abc&full=True`,
      { kind: 'ok', key: { reportId: REPORT, input: 'abc' }, full: true },
      { kind: 'ok', key: { reportId: REPORT, input: 'abc' } },
    ],
    [
      `report_id=${REPORT}`,
      { kind: 'ok', key: { reportId: REPORT, input: undefined }, full: false },
      { kind: 'ok', key: { reportId: REPORT, input: undefined } },
    ],
    [
      'report_id=BOGUS',
      { kind: 'refused', status: 422, detail: 'Invalid report_id field' },
      { kind: 'ok', key: { reportId: 'BOGUS' } },
    ],
    ['report_id=aaaaaaaaaaaaaaaaaaa%23%24%25', { kind: 'refused', status: 422 }, { kind: 'ok' }],
    [`report_id=${REPORT}%2B`, { kind: 'refused', status: 422 }, { kind: 'ok' }],
    ['measurement_uid=ab', { kind: 'invalid' }, { kind: 'invalid' }],
    [`report_id=${REPORT}&input=ab`, { kind: 'invalid' }, { kind: 'invalid' }],
    [`report_id=${REPORT}&full=x`, { kind: 'invalid' }, { kind: 'ok' }],
  ];
  for (const [query, metaExpected, rawExpected] of cases) {
    t.match(meta(query), metaExpected as object, `meta ?${query}`);
    t.match(raw(query), rawExpected as object, `raw ?${query}`);
  }
  t.end();
});

t.test('predicates and category', (t) => {
  const cases: [Parameters<typeof rowQuery>[0], string, Record<string, string>, boolean][] = [
    [
      { measurementUid: 'u' },
      'measurement_uid = {measurement_uid:String}',
      { measurement_uid: 'u' },
      true,
    ],
    [
      { reportId: 'r', input: 'i' },
      'report_id = {report_id:String} AND input = {input:String}',
      { report_id: 'r', input: 'i' },
      true,
    ],
    [
      { reportId: 'r', input: undefined },
      'report_id = {report_id:String} AND input = {input:String}',
      { report_id: 'r', input: '' },
      false,
    ],
  ];
  for (const [key, condition, values, category] of cases) {
    const query = rowQuery(key);
    t.match(query.sql, `WHERE ${condition}\nORDER BY update_time DESC`);
    t.strictSame(query.values, values);
    t.equal(wantsCategory(key), category);
  }
  t.end();
});

const ROW: MeasurementRow = {
  measurement_uid: '20210709005529.664022_MY_webconnectivity_68e5bea1060d1874',
  report_id: REPORT,
  input: 'https://www.backtrack-linux.org/',
  probe_cc: 'MY',
  probe_asn: 4818,
  test_name: 'web_connectivity',
  test_start_time: '2025-07-09T00:43:40Z',
  measurement_start_time: '2025-07-09T00:55:13Z',
  scores: '{"blocking_general":1.0}',
  anomaly: 't',
  confirmed: 'f',
  msm_failure: 'f',
  is_verified: 'u',
};

t.test('the answer of measurement_meta', (t) => {
  const expected = {
    input: ROW.input,
    measurement_start_time: '2025-07-09T00:55:13Z',
    measurement_uid: ROW.measurement_uid,
    report_id: REPORT,
    test_name: 'web_connectivity',
    test_start_time: '2025-07-09T00:43:40Z',
    probe_asn: 4818,
    probe_cc: 'MY',
    scores: '{"blocking_general":1.0}',
    anomaly: true,
    confirmed: false,
    failure: false,
    category_code: '',
    verification_status: 'unverified',
  };
  t.strictSame(metaAnswer(ROW, '', undefined), expected);
  t.strictSame(metaAnswer(ROW, null, '{}'), {
    ...expected,
    category_code: null,
    raw_measurement: '{}',
  });
  t.equal(metaAnswer({ ...ROW, input: '' }, null, undefined).input, '');
  t.end();
});

t.test('a row without network is not shown', (t) => {
  t.equal(isShown(ROW), true);
  t.equal(isShown({ ...ROW, probe_asn: 0 }), false);
  t.equal(isShown(undefined), false);
  t.end();
});
