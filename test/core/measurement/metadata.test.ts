import t from 'tap';
import { checkMetadata, reportMismatch } from '../../../src/core/measurement/metadata.ts';

const GOOD = {
  test_name: 'web_connectivity',
  probe_cc: 'IT',
  probe_asn: 'AS30722',
  software_name: 'ooniprobe-cli',
  software_version: '3.29.1',
};

t.test('good metadata comes back', (t) => {
  t.strictSame(checkMetadata(GOOD), {
    kind: 'ok',
    metadata: {
      testName: 'web_connectivity',
      probeCc: 'IT',
      probeAsn: 'AS30722',
      asn: 30722,
      softwareName: 'ooniprobe-cli',
      softwareVersion: '3.29.1',
    },
  });
  t.end();
});

t.test('metadata rules (protocol, probes 4.3 and 7.1)', (t) => {
  const broken = (...tokens: string[]) => ({
    kind: 'rejected',
    error: 'bad_metadata',
    message: `Errors: [${tokens.map((token) => `'${token}'`).join(', ')}]`,
  });
  const cases: [string, Record<string, unknown>, unknown][] = [
    ['country Z1', { probe_cc: 'Z1' }, undefined],
    ['30 characters', { test_name: 'http_header_field_manipulation' }, undefined],
    ['31 characters', { test_name: 'http_header_field_manipulation2' }, broken('tn_len')],
    ['two characters', { test_name: 'aa' }, undefined],
    ['one character', { test_name: 'a' }, broken('tn_len')],
    ['no test name', { test_name: undefined }, broken('tn_len', 'tn_no_lower')],
    ['upper case', { test_name: 'Ndt' }, broken('tn_no_lower')],
    ['no letter', { test_name: '12_34' }, broken('tn_no_lower')],
    ['a path', { test_name: '../ndt' }, broken('tn_chars')],
    ['a blank', { test_name: 'n dt' }, broken('tn_chars')],
    ['another alphabet', { test_name: 'тест' }, broken('tn_chars')],
    ['a number for a name', { test_name: 12 }, broken('tn_len', 'tn_no_lower')],
    ['lower-case country', { probe_cc: 'it' }, broken('bad_cc')],
    ['one upper, one lower', { probe_cc: 'It' }, broken('bad_cc')],
    ['three letters', { probe_cc: 'ITA' }, broken('bad_cc')],
    ['digits only', { probe_cc: '12' }, broken('bad_cc')],
    ['a sign', { probe_cc: 'I-' }, broken('bad_cc')],
    ['country that is null', { probe_cc: null }, broken('bad_cc')],
    ['country that is a list', { probe_cc: ['IT'] }, broken('bad_cc')],
    ['no ASN', { probe_asn: undefined }, broken('asn_len', 'asn_no_as_prefix')],
    ['a number for an ASN', { probe_asn: 30722 }, broken('asn_len', 'asn_no_as_prefix')],
    ['AS alone', { probe_asn: 'AS' }, broken('asn_len')],
    ['13 characters', { probe_asn: 'AS12345678901' }, broken('asn_len')],
    ['no prefix', { probe_asn: '30722' }, broken('asn_no_as_prefix')],
    ['lower-case prefix', { probe_asn: 'as30722' }, broken('asn_no_as_prefix')],
    ['AS123', { probe_asn: 'AS123' }, undefined],
    ['AS07', { probe_asn: 'AS07' }, broken('asn_leading_zero')],
    ['AS007', { probe_asn: 'AS007' }, broken('asn_leading_zero')],
    ['AS00', { probe_asn: 'AS00' }, broken('asn_leading_zero')],
    [
      'AS0',
      { probe_asn: 'AS0' },
      { kind: 'rejected', error: 'asn_0', message: 'Measurement discarded, ASN == 0' },
    ],
    [
      'no number',
      { probe_asn: 'ASxyz' },
      { kind: 'rejected', error: 'asn_invalid', message: 'Measurement discarded, ASN == ASxyz' },
    ],
    ['digits and a sign', { probe_asn: 'AS1_0' }, { error: 'asn_invalid' }],
    ['hexadecimal', { probe_asn: 'AS1e3' }, { error: 'asn_invalid' }],
    ['the largest', { probe_asn: 'AS4294967295' }, undefined],
    ['one more', { probe_asn: 'AS4294967296' }, { error: 'asn_invalid' }],
    [
      'ZZ',
      { probe_cc: 'ZZ' },
      { kind: 'rejected', error: 'cc_zz', message: 'Measurement discarded, CC == ZZ' },
    ],
    ['ASN before country', { probe_cc: 'ZZ', probe_asn: 'AS0' }, { error: 'asn_0' }],
    [
      'all in the order of the table',
      { probe_cc: '', test_name: '', probe_asn: 'X' },
      broken('bad_cc', 'tn_len', 'tn_no_lower', 'asn_len', 'asn_no_as_prefix'),
    ],
    ['software is optional', { software_name: undefined, software_version: 3 }, undefined],
  ];
  for (const [name, change, expected] of cases) {
    const result = checkMetadata({ ...GOOD, ...change });
    if (expected === undefined) t.equal(result.kind, 'ok', name);
    else t.match(result, expected as object, name);
  }
  t.end();
});

t.test('report id against content, first mismatch first (3.2, 8 to 10)', (t) => {
  const report = { testName: 'webconnectivity', probeCc: 'IT', asn: '30722' };
  const cases: [string, Record<string, unknown>, string | undefined][] = [
    ['equal', {}, undefined],
    ['country in lower case', { probe_cc: 'it' }, undefined],
    ['ASN without or with odd prefix', { probe_asn: 'ass30722' }, undefined],
    ['bare digits', { probe_asn: '30722' }, undefined],
    ['country', { probe_cc: 'DE' }, 'cc_mismatch'],
    ['ASN', { probe_asn: 'AS2' }, 'asn_mismatch'],
    ['ASN compared as text', { probe_asn: 'AS030722' }, 'asn_mismatch'],
    ['test', { test_name: 'ndt' }, 'test_name_mismatch'],
    ['test in upper case', { test_name: 'Web_Connectivity' }, 'test_name_mismatch'],
    ['nothing there', { probe_cc: undefined }, 'cc_mismatch'],
    ['other types', { probe_cc: 12, probe_asn: null, test_name: {} }, 'cc_mismatch'],
    ['country first', { probe_cc: 'DE', probe_asn: 'AS2', test_name: 'ndt' }, 'cc_mismatch'],
    ['then ASN', { probe_asn: 'AS2', test_name: 'ndt' }, 'asn_mismatch'],
  ];
  for (const [name, change, expected] of cases)
    t.equal(reportMismatch(report, { ...GOOD, ...change }), expected, name);
  t.end();
});
