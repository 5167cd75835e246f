/** measurement_meta as three tables: query string → asked, asked → SQL, rows → answer. */
import t from 'tap';
import { readQuery } from '../../../../src/core/endpoints/endpoint.ts';
import { measurementMeta } from '../../../../src/core/endpoints/measurements/measurementMeta.ts';

const REPORT = '20210709T004340Z_webconnectivity_MY_4818_n1_YCM7J9mGcEHds2K3';

t.test('query string → asked (protocol, data 4.2)', (t) => {
  const refused = (status: number, detail: string) => ({ kind: 'refused', status, detail });
  const missing = refused(
    400,
    'Missing measurement_uid or report_id. You should provide at the least one',
  );
  const badReportId = refused(422, 'Invalid report_id field');
  const cases: [string, object][] = [
    ['', missing],
    ['input=https://x/', missing],
    [
      `measurement_uid=uid1&report_id=${REPORT}&input=abc`,
      { kind: 'ok', asked: { key: { measurementUid: 'uid1' }, full: false } },
    ],
    [
      `report_id=${REPORT}&input=abc&full=True`,
      { kind: 'ok', asked: { key: { reportId: REPORT, input: 'abc' }, full: true } },
    ],
    [
      `report_id=${REPORT}`,
      { kind: 'ok', asked: { key: { reportId: REPORT, input: undefined }, full: false } },
    ],
    ['report_id=BOGUS', badReportId],
    ['report_id=aaaaaaaaaaaaaaaaaaa%23%24%25', badReportId],
    [`report_id=${REPORT}%2B`, badReportId],
    ['measurement_uid=ab', { kind: 'invalid' }],
    [`report_id=${REPORT}&input=ab`, { kind: 'invalid' }],
    [`report_id=${REPORT}&full=x`, { kind: 'invalid' }],
  ];
  for (const [query, expected] of cases)
    t.match(readQuery(measurementMeta, new URLSearchParams(query), 0), expected, `?${query}`);
  t.end();
});

t.test('asked → SQL', (t) => {
  const cases = [
    [
      { measurementUid: 'u' },
      'measurement_uid = {measurement_uid:String}',
      { measurement_uid: 'u' },
    ],
    [
      { reportId: 'r', input: undefined },
      'report_id = {report_id:String} AND input = {input:String}',
      { report_id: 'r', input: '' },
    ],
  ] as const;
  for (const [key, condition, values] of cases) {
    const { row } = measurementMeta.queries({ key, full: false }, 0);
    t.match(row?.sql, `WHERE ${condition}\nORDER BY update_time DESC\nLIMIT 1`);
    t.strictSame(row?.values, values);
  }
  t.end();
});

/** No cache keeps them for long. */
const ABSENT = new Set([
  'with a body that is nowhere',
  'not there',
  'not there, with body',
  'without network',
]);

const statistics = { readRows: 1, readBytes: 9, totalRows: 1, elapsedMs: 1 };

const ROW = {
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
  category_code: 'NEWS',
};

t.test('rows → answer', (t) => {
  const value = {
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
    category_code: 'NEWS',
    verification_status: 'unverified',
  };
  const byUid = { measurementUid: ROW.measurement_uid };
  const report = { reportId: REPORT, input: undefined };
  const scrubbed = { ...ROW, probe_asn: 0 };
  const full = { ...value, raw_measurement: '{}' };
  const cases: [
    string,
    readonly (typeof ROW)[],
    Parameters<typeof measurementMeta.answer>[1],
    string | undefined,
    object,
  ][] = [
    ['by uid', [ROW], { key: byUid, full: false }, undefined, value],
    ['with its body', [ROW], { key: byUid, full: true }, '{}', full],
    [
      'with a body that is nowhere',
      [ROW],
      { key: byUid, full: true },
      undefined,
      { ...full, raw_measurement: '' },
    ],
    [
      'of a report',
      [ROW],
      { key: report, full: false },
      undefined,
      { ...value, category_code: null },
    ],
    [
      'of a report and input',
      [ROW],
      { key: { ...report, input: 'abc' }, full: false },
      undefined,
      value,
    ],
    ['not there', [], { key: byUid, full: false }, undefined, {}],
    ['not there, with body', [], { key: byUid, full: true }, undefined, { raw_measurement: '' }],
    ['without network', [scrubbed], { key: byUid, full: false }, undefined, {}],
  ];
  for (const [name, row, asked, body, expected] of cases)
    t.strictSame(
      measurementMeta.answer({ row }, asked, { body, statistics, baseUrl: '', rawQuery: '' }),
      { kind: 'json', value: expected, ...(ABSENT.has(name) && { isAbsent: true }) },
      name,
    );
  t.end();
});

t.test('the body that is looked for', (t) => {
  const key = { measurementUid: ROW.measurement_uid };
  const name = {
    measurementUid: ROW.measurement_uid,
    reportId: REPORT,
    input: ROW.input,
  };
  t.strictSame(measurementMeta.body?.({ row: [ROW] }, { key, full: true }), name);
  t.equal(measurementMeta.body?.({ row: [ROW] }, { key, full: false }), undefined);
  t.equal(
    measurementMeta.body?.({ row: [{ ...ROW, probe_asn: 0 }] }, { key, full: true }),
    undefined,
  );
  t.equal(measurementMeta.body?.({ row: [] }, { key, full: true }), undefined);
  t.end();
});
