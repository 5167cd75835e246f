import t from 'tap';
import {
  checkReportId,
  makeReportId,
  openReportParts,
} from '../../../src/core/measurement/reportId.ts';

const NOW = Date.UTC(2026, 7, 21, 10, 15, 2, 999);
const RANDOM = Buffer.from('q5N5YSTWEqHYDo9v', 'base64');

t.test('a report id (protocol, probes 4.1)', (t) => {
  const parts = { testName: 'web_connectivity', probeCc: 'IE', probeAsn: 65550, collectorId: '1' };
  const id = makeReportId(parts, NOW, RANDOM);
  t.equal(id, '20260821T101502Z_webconnectivity_IE_65550_n1_q5N5YSTWEqHYDo9v');
  t.equal(id.length, 61);
  t.equal(checkReportId(id).kind, 'ok');
  t.end();
});

t.test('the random part is always 16 letters and digits', (t) => {
  const parts = { testName: 'ndt', probeCc: 'IT', probeAsn: 1, collectorId: '4' };
  for (const fill of [0x00, 0xff, 0xfb, 0xef, 0xbe]) {
    const id = makeReportId(parts, NOW, Buffer.alloc(12, fill));
    t.match(id, /^20260821T101502Z_ndt_IT_1_n4_[A-Za-z0-9]{16}$/);
  }
  t.end();
});

t.test('what a probe asks to open, made safe for the id (3.1)', (t) => {
  const cases: [
    Record<string, unknown>,
    { testName: string; probeCc: string; probeAsn: number },
  ][] = [
    [
      { probe_asn: 'AS30722', probe_cc: 'IT', test_name: 'web_connectivity' },
      { testName: 'webconnectivity', probeCc: 'IT', probeAsn: 30722 },
    ],
    [{}, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [
      { probe_asn: 'as7', probe_cc: 'it' },
      { testName: '', probeCc: 'IT', probeAsn: 7 },
    ],
    [{ probe_cc: 'I_T' }, { testName: '', probeCc: 'IT', probeAsn: 0 }],
    [{ probe_cc: 'ITA' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_cc: '1T' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_cc: 'İT' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_asn: '30722' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_asn: 'AS1_0' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_asn: 'AS-5' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_asn: 'AS4294967295' }, { testName: '', probeCc: 'ZZ', probeAsn: 4294967295 }],
    [{ probe_asn: 'AS4294967296' }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ probe_asn: 30722 }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
    [{ test_name: '../../Etc/Passwd' }, { testName: 'etcpasswd', probeCc: 'ZZ', probeAsn: 0 }],
    [{ test_name: ['ndt'] }, { testName: '', probeCc: 'ZZ', probeAsn: 0 }],
  ];
  for (const [request, expected] of cases)
    t.strictSame(
      openReportParts(request, 'n1'),
      { ...expected, collectorId: 'n1' },
      JSON.stringify(request),
    );
  t.end();
});

t.test('checks of a report id, first failure first (3.2, 1 to 5)', (t) => {
  const id = (test: string, cc: string, asn: string) =>
    `20260821T101502Z_${test}_${cc}_${asn}_n1_z`;
  const cases: [string, ReturnType<typeof checkReportId>][] = [
    ['bogus', { kind: 'rejected', reason: 'bad_report_id' }],
    ['', { kind: 'rejected', reason: 'bad_report_id' }],
    [`${id('ndt', 'IT', '1')}_more`, { kind: 'rejected', reason: 'bad_report_id' }],
    [id('ndt', 'ITA', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('ndt', 'I', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('n', 'IT', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('', 'IT', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('n'.repeat(30), 'IT', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('n/t', 'IT', '1'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('ndt', 'IT', 'x'), { kind: 'rejected', reason: 'bad_asn' }],
    [id('ndt', 'IT', ''), { kind: 'rejected', reason: 'bad_asn' }],
    [id('ndt', 'IT', '-1'), { kind: 'rejected', reason: 'bad_asn' }],
    [id('ndt', 'IT', 'AS1'), { kind: 'rejected', reason: 'bad_asn' }],
    // Broken parts come before the discards, ASN before country.
    [id('n', 'ZZ', '0'), { kind: 'rejected', reason: 'bad_report_id' }],
    [id('ndt', 'ZZ', '0'), { kind: 'discard', reason: 'asn_0' }],
    [id('ndt', 'IT', '00'), { kind: 'discard', reason: 'asn_0' }],
    [id('ndt', 'ZZ', '1'), { kind: 'discard', reason: 'cc_zz' }],
    [id('ndt', 'zz', '1'), { kind: 'discard', reason: 'cc_zz' }],
    [id('ndt', 'it', '1'), { kind: 'ok', testName: 'ndt', probeCc: 'IT', asn: '1' }],
    [id('ndt', 'Z1', '07'), { kind: 'ok', testName: 'ndt', probeCc: 'Z1', asn: '07' }],
    [
      '20230101T000000Z_integtest_IT_1_n1_integtest0000000',
      { kind: 'ok', testName: 'integtest', probeCc: 'IT', asn: '1' },
    ],
    [
      id('n'.repeat(29), 'IT', '1'),
      { kind: 'ok', testName: 'n'.repeat(29), probeCc: 'IT', asn: '1' },
    ],
  ];
  for (const [reportId, expected] of cases)
    t.strictSame(checkReportId(reportId), expected, reportId);
  t.end();
});

t.test('every part of a report id is of its grammar', (t) => {
  const good = ['20260821T101502Z', 'ndt', 'IT', '1', 'n4', 'q5N5YSTWEqHYDo9v'];
  t.equal(checkReportId(good.join('_')).kind, 'ok');
  const strange = [
    '\0',
    '\n',
    '\r',
    '\u001b',
    ' ',
    '/',
    '..',
    '%',
    '%00',
    '-',
    "'",
    'é',
    '\ud800',
    '\uff11',
  ];
  for (const [index, part] of good.entries())
    for (const text of strange)
      for (const changed of [text, part + text, text + part, part.slice(0, -1) + text]) {
        const reportId = good.with(index, changed).join('_');
        t.equal(checkReportId(reportId).kind, 'rejected', JSON.stringify(reportId));
      }
  for (const [index, part] of [
    [0, ''],
    [0, '20260821T101502'],
    [0, '2026-08-21T10:15:02Z'],
    [4, ''],
    [4, 'n'],
    [4, '4'],
    [5, ''],
  ] as const)
    t.strictSame(checkReportId(good.with(index, part).join('_')), {
      kind: 'rejected',
      reason: 'bad_report_id',
    });
  t.end();
});
