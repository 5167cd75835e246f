import t from 'tap';
import { isShown, readRawKey } from '../../../../src/core/endpoints/measurements/measurementRow.ts';

const REPORT = '20210709T004340Z_webconnectivity_MY_4818_n1_YCM7J9mGcEHds2K3';

t.test('which body raw_measurement is asked for (protocol, data 4.3)', (t) => {
  const missing = {
    kind: 'refused',
    status: 400,
    detail: 'Either report_id or measurement_uid must be provided',
  };
  const cases: [string, object][] = [
    ['', missing],
    ['input=https://x/', missing],
    [
      `measurement_uid=uid1&report_id=${REPORT}&input=abc`,
      { kind: 'ok', key: { measurementUid: 'uid1' } },
    ],
    [`report_id=${REPORT}&input=abc`, { kind: 'ok', key: { reportId: REPORT, input: 'abc' } }],
    [`report_id=${REPORT}`, { kind: 'ok', key: { reportId: REPORT, input: undefined } }],
    ['report_id=BOGUS', { kind: 'ok', key: { reportId: 'BOGUS' } }],
    [`report_id=${REPORT}%2B`, { kind: 'ok' }],
    ['measurement_uid=ab', { kind: 'invalid' }],
    [`report_id=${REPORT}&input=ab`, { kind: 'invalid' }],
    [`report_id=${REPORT}&full=x`, { kind: 'ok' }],
  ];
  for (const [query, expected] of cases)
    t.match(readRawKey(new URLSearchParams(query)), expected, `?${query}`);
  t.end();
});

t.test('a row without network is not shown', (t) => {
  const row = { probe_asn: 4818 } as Parameters<typeof isShown>[0] & object;
  t.equal(isShown(row), true);
  t.equal(isShown({ ...row, probe_asn: 0 }), false);
  t.equal(isShown(undefined), false);
  t.end();
});
