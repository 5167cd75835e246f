import t from 'tap';
import { archivePlaceQuery, bodySources } from '../../../src/core/sql/archivePlace.ts';

const NOW = Date.UTC(2026, 6, 11, 18, 30, 0);
const key = (timestamp: string, reportId = 'a_b_c_d_e_f') => ({
  measurementUid: `${timestamp}_IR_webconnectivity_0123456789abcdef`,
  reportId,
  input: '',
});

t.test('where a body is looked for (protocol, data 4.6)', (t) => {
  const fresh = ['spool', 'hosts', 'archive'];
  const older = ['spool', 'archive', 'hosts', 'archive'];
  const cases: [string, ReturnType<typeof key>, string[]][] = [
    ['a second old', key('20260711182959.000000'), fresh],
    ['59 minutes old', key('20260711173100.000000'), fresh],
    ['in the minute an hour ago', key('20260711173000.000000'), fresh],
    ['over an hour old', key('20260711172959.999999'), older],
    ['years old', key('20210709005529.664022'), older],
    ['a report id of any form', key('20260711182959.000000', '123'), fresh],
    [
      'an old uid',
      { measurementUid: '01201503307dd8', reportId: 'a_b_c_d_e_f', input: '' },
      ['archive'],
    ],
    ['no uid', { measurementUid: '', reportId: 'a_b_c_d_e_f', input: '' }, ['archive']],
  ];
  for (const [name, body, expected] of cases) t.strictSame(bodySources(body, NOW), expected, name);
  t.end();
});

t.test('values are bound', (t) => {
  const query = archivePlaceQuery({ measurementUid: "u'", reportId: "r'", input: "i'" });
  t.notMatch(query.sql, "r'");
  t.strictSame(query.values, {
    measurement_uid: "u'",
    report_id: "r'",
    input: "i'",
    has_input: 1,
  });
  const long = archivePlaceQuery({ measurementUid: 'u', reportId: 'r', input: 'x'.repeat(1e6) });
  t.match(long.values, { input: '', has_input: 0 });
  t.end();
});
