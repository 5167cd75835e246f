import t from 'tap';
import { NO_REPORT, openReport } from '../../../src/core/submission/openReport.ts';

const open = (body: string | Buffer) =>
  openReport(Buffer.from(body), { collectorId: '1', random: Buffer.alloc(12) });
const AT_MS = Date.UTC(2026, 7, 21, 10, 15, 2);

t.test('opened', (t) => {
  const cases: [string, string][] = [
    [
      '{"probe_asn":"AS30722","probe_cc":"it","test_name":"web_connectivity"}',
      '20260821T101502Z_webconnectivity_IT_30722_n1_AAAAAAAAAAAAAAAA',
    ],
    ['{}', '20260821T101502Z__ZZ_0_n1_AAAAAAAAAAAAAAAA'],
  ];
  for (const [body, reportId] of cases) {
    const opening = open(body);
    t.equal(opening.kind === 'opened' && opening.reportIdAt(AT_MS), reportId, body);
  }
  t.end();
});

t.test('refused', (t) => {
  for (const body of ['', '{', '[]', 'null', '"a"', Buffer.from([0x7b, 0xff, 0x7d])])
    t.strictSame(open(body), NO_REPORT);
  t.strictSame(NO_REPORT, { kind: 'refused', status: 400, detail: 'JSON expected' });
  t.end();
});
