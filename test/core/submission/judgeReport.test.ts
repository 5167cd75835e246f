/** Covers src/core/submission/{judgement, judgeReport}.ts */
import t from 'tap';
import {
  DAMAGED_REPORT,
  judgeReport,
  judgeReportId,
  type Report,
} from '../../../src/core/submission/judgeReport.ts';

const ID = '20260821T101502Z_webconnectivity_IT_30722_n1_q5N5YSTWEqHYDo9v';
const REPORT: Report = {
  reportId: ID,
  testName: 'webconnectivity',
  probeCc: 'IT',
  asn: '30722',
};
const CONTENT = { test_name: 'web_connectivity', probe_cc: 'IT', probe_asn: 'AS30722' };

const sent = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const withContent = (change: object) =>
  sent({ format: 'json', content: { ...CONTENT, ...change } });

t.test('by its report id alone', (t) => {
  const cases: [string, object][] = [
    [ID, { kind: 'ok', report: REPORT }],
    [ID.replace('_IT_', '_it_'), { kind: 'ok', report: { probeCc: 'IT' } }],
    ['x', { kind: 'rejected', code: 'bad_report_id', status: 400, detail: 'Incorrect format' }],
    [`${ID}\0`, { kind: 'rejected', code: 'bad_report_id' }],
    [ID.replace('30722', 'AS1'), { kind: 'rejected', code: 'bad_asn', status: 400 }],
    [ID.replace('30722', '0'), { kind: 'discarded', code: 'asn_0' }],
    [ID.replace('_IT_', '_ZZ_'), { kind: 'discarded', code: 'cc_zz' }],
  ];
  for (const [reportId, expected] of cases) t.match(judgeReportId(reportId), expected, reportId);
  t.end();
});

t.test('by its body: refused', (t) => {
  const inconsistent = { status: 400, detail: 'Inconsistent measurement' };
  const noShape = { code: 'bad_json', status: 400, detail: 'Incorrect format' };
  const cases: [string, Buffer, object][] = [
    ['no JSON', sent('{'), noShape],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), noShape],
    ['a list', sent([]), noShape],
    ['without content', sent({ format: 'json' }), noShape],
    ['content as text', sent({ content: '{}' }), noShape],
    ['another country', withContent({ probe_cc: 'FR' }), { code: 'cc_mismatch', ...inconsistent }],
    ['another AS', withContent({ probe_asn: 'AS1' }), { code: 'asn_mismatch', ...inconsistent }],
    [
      'another test',
      withContent({ test_name: 'tor' }),
      { code: 'test_name_mismatch', ...inconsistent },
    ],
    // In the order of the protocol: the report's id before the rules on metadata.
    [
      'two faults',
      withContent({ test_name: 'Web', probe_cc: '' }),
      { code: 'cc_mismatch', ...inconsistent },
    ],
    [
      'metadata by the letter of the id, but not by the rules',
      withContent({ probe_cc: 'it' }),
      {
        code: 'bad_metadata',
        status: 400,
        detail: { error: 'bad_metadata', message: "Errors: ['bad_cc']" },
      },
    ],
  ];
  for (const [name, body, expected] of cases)
    t.strictSame(judgeReport(REPORT, body), { kind: 'rejected', ...expected }, name);
  t.strictSame(DAMAGED_REPORT, {
    kind: 'rejected',
    code: 'bad_encoding',
    status: 400,
    detail: 'Incorrect format',
  });
  t.end();
});

t.test('by its body: accepted, with all that storing needs', (t) => {
  const text = `{"content":{"test_name":"web_connectivity","probe_cc":"IT","probe_asn":"AS30722","n":1.0}}`;
  const accept = (report: Report, body: string) => {
    const judgement = judgeReport(report, Buffer.from(body));
    if (judgement.kind !== 'accepted') throw new Error(judgement.code);
    return judgement.submission;
  };
  const submission = accept(REPORT, text);
  t.match(submission, { probeCc: 'IT', testName: 'webconnectivity', key: /^[0-9a-f]{64}$/ });
  const { reportId, envelope } = submission.make(0);
  t.equal(reportId, ID);
  t.equal(
    Buffer.from(envelope).toString(),
    text.replace(/\}$/, ',"is_verified":"u","format":"json"}'),
    'the text as it was sent',
  );
  t.equal(accept(REPORT, text).key, submission.key, 'the same again');
  t.not(accept(REPORT, `${text} `).key, submission.key, 'another body');
  const otherId = ID.replace('DYo9v', 'DYo9w').replace('q5N5', 'q5N6');
  t.not(accept({ ...REPORT, reportId: otherId }, text).key, submission.key, 'another report');
  t.end();
});
