import t from 'tap';
import {
  type Fingerprint,
  FingerprintError,
  fingerprintFromRow,
  parseFingerprintsCsv,
} from '../../../src/core/fingerprints/fingerprint.ts';

const HEADER =
  'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes';

const ROW = {
  name: 'x.y',
  scope: 'isp',
  other_names: '',
  location_found: 'body',
  pattern_type: 'contains',
  pattern: 'blocked',
  confidence_no_fp: 5,
  expected_countries: 'it',
};

t.test('a file', async (t) => {
  const csv = [
    HEADER,
    'a.first,nat,,header.server,prefix,"Guard ""1""",10,"it, GB,ZZ,,it",here,,',
    'a.second,fp,,body,full,"two\r\nlines",0,,,,"a note',
    'of two lines"',
    'a.third,isp,,dns,full,192.0.2.1,7,RU,,,',
    '',
  ].join('\r\n');
  t.strictSame(parseFingerprintsCsv(csv), [
    {
      name: 'a.first',
      scope: 'nat',
      locationFound: 'header.server',
      patternType: 'prefix',
      pattern: 'Guard "1"',
      confidenceNoFp: 10,
      expectedCountries: [' GB', 'IT'],
    },
    {
      name: 'a.second',
      scope: 'fp',
      locationFound: 'body',
      patternType: 'full',
      pattern: 'two\nlines',
      confidenceNoFp: 0,
      expectedCountries: [],
    },
    {
      name: 'a.third',
      scope: 'isp',
      locationFound: 'dns',
      patternType: 'full',
      pattern: '192.0.2.1',
      confidenceNoFp: 7,
      expectedCountries: ['RU'],
    },
  ] satisfies Fingerprint[]);
  t.strictSame(parseFingerprintsCsv(`\ufeff${HEADER}\n`), [], 'a byte order mark, no rows');
});

t.test('files that are not fingerprints', async (t) => {
  for (const [name, csv, message] of [
    ['nothing', '', 'fingerprints CSV, header: column name is missing'],
    ['a page', '<html>\n', 'fingerprints CSV, header: column name is missing'],
    ['a column less', HEADER.replace('pattern,', ''), 'header: column pattern is missing'],
    [
      'no number',
      `${HEADER}\na,isp,,body,full,x,1,,,,\nb,isp,,body,full,x,high,,,,\n`,
      'row 2: column confidence_no_fp: expected an integer, found "high"',
    ],
    ['a cell less', `${HEADER}\na,isp,,body\n`, 'line 2'],
    ['an open quote', `${HEADER}\na,isp,,body,full,"x`, 'quote'],
  ] as const) {
    const error = t.throws(() => parseFingerprintsCsv(csv), FingerprintError, name) as Error;
    t.match(error.message.toLowerCase(), message.toLowerCase(), name);
  }
});

t.test('a row of the database', async (t) => {
  t.match(fingerprintFromRow(ROW), { name: 'x.y', confidenceNoFp: 5, expectedCountries: ['IT'] });
  t.equal(fingerprintFromRow({ ...ROW, confidence_no_fp: '12' }).confidenceNoFp, 12);
  t.throws(() => fingerprintFromRow({ ...ROW, pattern: null }), /column pattern/);
  t.throws(() => fingerprintFromRow({ ...ROW, confidence_no_fp: 1.5 }), /column confidence_no_fp/);
});
