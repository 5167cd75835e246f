/** Covers src/core/sources/fingerprintsJob.ts, src/core/sources/csvRecords.ts, src/core/sources/job.ts. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { fingerprintSetSha256 } from '../../../src/core/fingerprints/fingerprintSet.ts';
import { fingerprintsJob } from '../../../src/core/sources/fingerprintsJob.ts';
import { faultText, type SourceFile } from '../../../src/core/sources/job.ts';
import { FINGERPRINT_HEADER, file, fingerprintFiles, fingerprintRows } from './files.ts';

const parsed = (files: readonly SourceFile[]) => {
  const result = fingerprintsJob.parse(files);
  if (result.kind === 'invalid') throw new Error(result.reason);
  return result.content;
};

t.test('both tables, in the order of their files', async (t) => {
  const files = fingerprintFiles(
    [`a,isp,b c,dns,full,192.0.2.1,5,"it,FR,ZZ",test,,"a ""note"""`],
    [
      `b,nat,,body,contains,"two\r\nlines",10,,test,https://x,`,
      ...fingerprintRows('http', 1, 'FR'),
    ],
  );
  const content = parsed(files);
  t.strictSame(
    content.tables.map(({ table, lines, byCountry }) => [
      table,
      lines.map((line) => JSON.parse(line)),
      Object.fromEntries(byCountry),
    ]),
    [
      [
        'fingerprints_dns',
        [
          {
            position: 0,
            name: 'a',
            scope: 'isp',
            other_names: 'b c',
            location_found: 'dns',
            pattern_type: 'full',
            pattern: '192.0.2.1',
            confidence_no_fp: 5,
            expected_countries: 'it,FR,ZZ',
            source: 'test',
            exp_url: '',
            notes: 'a "note"',
          },
        ],
        { IT: 1, FR: 1 },
      ],
      [
        'fingerprints_http',
        [
          {
            position: 0,
            name: 'b',
            scope: 'nat',
            other_names: '',
            location_found: 'body',
            pattern_type: 'contains',
            pattern: 'two\r\nlines',
            confidence_no_fp: 10,
            expected_countries: '',
            source: 'test',
            exp_url: 'https://x',
            notes: '',
          },
          {
            position: 1,
            name: 't.h0',
            scope: 'nat',
            other_names: '',
            location_found: 'body',
            pattern_type: 'contains',
            pattern: 'blocked page 0',
            confidence_no_fp: 5,
            expected_countries: 'FR,ZZ',
            source: 'test',
            exp_url: '',
            notes: 'a note',
          },
        ],
        { FR: 1 },
      ],
    ],
  );
  t.equal(content.rows, 3);
  const whole = Buffer.concat(files.map(({ bytes }) => bytes));
  t.equal(content.sha256, createHash('sha256').update(whole).digest('hex'));
  t.equal(content.sha256, fingerprintSetSha256(files[0]!.bytes, files[1]!.bytes));
});

t.test('what is no such file is refused, with file, line and what was expected', async (t) => {
  const [dns, http] = fingerprintFiles() as [SourceFile, SourceFile];
  const good = fingerprintRows('http', 2);
  const withRow = (row: string) => fingerprintFiles(undefined, [...good, row]);
  const multi = '"over\r\nthree\r\nlines"';
  const cases: [string, readonly SourceFile[], RegExp][] = [
    ['a file is missing', [dns], /^fingerprints_http.csv is not there$/],
    ['nothing at all', [dns, file(http.name, '')], /^fingerprints_http.csv:1: expected CSV with/],
    [
      'a page of HTML',
      [dns, file(http.name, '\n<!DOCTYPE html><html><body>Sign in</body></html>')],
      /^fingerprints_http.csv: expected CSV with the columns name, .*found a page of HTML/,
    ],
    ['bytes', [dns, file(http.name, 'name\0')], /found bytes that are no text/],
    [
      'not UTF-8',
      [dns, { name: http.name, bytes: Buffer.from([0x6e, 0xff, 0xfe]) }],
      /^fingerprints_http.csv: expected text in UTF-8$/,
    ],
    [
      'a column is missing',
      [dns, file(http.name, FINGERPRINT_HEADER.replace(',scope', ''))],
      /^fingerprints_http.csv:1: .*: scope not there$/,
    ],
    [
      'cut off within a row',
      [dns, file(http.name, Buffer.from(http.bytes).subarray(0, -30).toString())],
      /^fingerprints_http.csv:4: expected CSV/,
    ],
    [
      'a scope',
      withRow('x,moon,,body,contains,abcdef,5,IT,,,'),
      /^fingerprints_http.csv:4: scope: .*"moon"/,
    ],
    [
      'lines count as an editor counts them',
      fingerprintFiles(undefined, [
        `x,nat,,body,contains,${multi},5,IT,,,`,
        'x,moon,,body,contains,abcdef,5,IT,,,',
      ]),
      /^fingerprints_http.csv:5: scope/,
    ],
    ['no name', withRow(',nat,,body,contains,abcdef,5,IT,,,'), /:4: name: expected a text/],
    ['a pattern type', withRow('x,nat,,body,fuzzy,abcdef,5,IT,,,'), /:4: pattern_type: .*"fuzzy"/],
    [
      'a location',
      withRow('x,nat,,header.Server,full,abcdef,5,IT,,,'),
      /:4: location_found: .*"header.Server"/,
    ],
    ['dns among http', withRow('x,nat,,dns,full,192.0.2.1,5,IT,,,'), /:4: location_found/],
    [
      'matches every page',
      withRow('x,nat,,body,contains,,5,IT,,,'),
      /:4: pattern: expected 3 to 16384 characters, found 0/,
    ],
    [
      'matches nearly every page',
      withRow('x,nat,,body,contains,<p,5,IT,,,'),
      /:4: pattern: .* found 2/,
    ],
    [
      'an endless pattern',
      withRow(`x,nat,,body,contains,${'a'.repeat(16_385)},5,IT,,,`),
      /:4: pattern: .* found 16385/,
    ],
    [
      'confidence in words',
      withRow('x,nat,,body,contains,abcdef,high,IT,,,'),
      /:4: confidence_no_fp: expected an integer/,
    ],
    [
      'too confident',
      withRow('x,nat,,body,contains,abcdef,256,IT,,,'),
      /:4: confidence_no_fp: expected 0 to 255/,
    ],
  ];
  for (const [name, files, reason] of cases) {
    const result = fingerprintsJob.parse(files);
    t.equal(result.kind, 'invalid', name);
    if (result.kind === 'invalid') t.match(result.reason, reason, name);
  }
});

t.test('patterns that come twice are told of', async (t) => {
  const { faults, rows } = parsed(
    fingerprintFiles(undefined, [
      'a,nat,,body,contains,abcdef,5,IT,,,',
      'b,nat,,body,prefix,abcdef,5,IT,,,',
      'c,nat,,body,contains,abcdef,5,FR,,,',
    ]),
  );
  t.strictSame(faults.map(faultText), [
    'fingerprints_http.csv:4: the pattern of "c" again, after fingerprints_http.csv:2; taken all the same',
  ]);
  t.equal(rows, 6);
});

t.test('a file of too many rows is not read to its end', async (t) => {
  const many = fingerprintsJob.parse(
    fingerprintFiles(Array(50_000).fill('a,isp,,dns,full,x,5,,,,')),
  );
  t.match(many, { kind: 'invalid', reason: 'fingerprints_dns.csv: expected 49999 rows at most' });
});

t.test('names that come twice are told of, regular expressions are given for timing', async (t) => {
  const content = parsed(
    fingerprintFiles(
      ['a,isp,,dns,full,192.0.2.1,5,IT,,,'],
      ['a,nat,,body,contains,abcdef,5,IT,,,', 'b,nat,,body,regexp,^(a+)+$,5,IT,,,'],
    ),
  );
  t.strictSame(content.faults.map(faultText), [
    'fingerprints_http.csv:2: name "a" again, after fingerprints_dns.csv:2; taken all the same',
  ]);
  t.strictSame(content.regularExpressions, ['^(a+)+$']);
  t.equal(content.rows, 3);
});
