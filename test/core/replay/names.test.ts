/**
 * Covers src/core/nettests/testNameForms.ts, src/core/replay/{archiveObjects, range, selection}.ts.
 */
import t from 'tap';
import { currentTestName } from '../../../src/core/nettests/testNameForms.ts';
import { type ObjectName, parseObjectName } from '../../../src/core/replay/archiveObjects.ts';
import { addHours, daysOf, hoursOf, parseHour } from '../../../src/core/replay/range.ts';
import {
  dayPrefixes,
  type Filter,
  jsonlPrefixes,
  layoutsOf,
  mayBeWanted,
  withoutDoubles,
} from '../../../src/core/replay/selection.ts';

t.test('moments', async (t) => {
  const cases: [string, string | undefined][] = [
    ['2026-08-21', '2026082100'],
    ['2026-08-21T15', '2026082115'],
    ['2026-08-21 15', '2026082115'],
    ['2026-08-21T15:00Z', '2026082115'],
    ['2024-02-29', '2024022900'],
    ['2026-02-29', undefined],
    ['2026-08-21T24', undefined],
    ['2026-08-21T15:30', undefined],
    ['2026-13-01', undefined],
    ['yesterday', undefined],
  ];
  for (const [text, expected] of cases) t.equal(parseHour(text), expected, text);
});

t.test('days and hours of a range', async (t) => {
  const range = { since: '2024022822', until: '2024030101' };
  t.strictSame([...daysOf(range)], ['20240228', '20240229', '20240301']);
  t.strictSame([...hoursOf(range, '20240228')], ['2024022822', '2024022823']);
  t.equal([...hoursOf(range, '20240229')].length, 24);
  t.strictSame([...hoursOf(range, '20240301')], ['2024030100']);
  t.strictSame([...daysOf({ since: '2026082100', until: '2026082200' })], ['20260821']);
  t.equal(addHours('2026123123', 1), '2027010100');
});

const name = (path: string): ObjectName => {
  const parsed = parseObjectName(path);
  if (parsed === undefined) throw new Error(path);
  return parsed;
};

t.test('what names say', async (t) => {
  const raw = 'raw/20210817/15/US/webconnectivity/2021081715_US_webconnectivity.n0.0.tar.gz';
  const rawSays = {
    key: raw,
    layout: 'raw',
    format: 'tar.gz',
    since: '2021081715',
    until: '2021081716',
    probeCc: 'US',
    testName: 'webconnectivity',
  };
  const report =
    'canned/2020-10-21/20201020T141726Z-US-AS20093-facebook_messenger-20201021T141726Z_AS20093_MBCoLaOw-0.2.0-probe.json.lz4';
  const cases: [string, Record<string, unknown>][] = [
    [raw, rawSays],
    [`/backup/ooni/${raw}`, rawSays],
    [
      'jsonl/ndt/IT/20190721/00/20190721_IT_ndt.0.jsonl.gz',
      {
        layout: 'jsonl',
        format: 'jsonl.gz',
        since: '2019072100',
        until: '2019072200',
        probeCc: 'IT',
        testName: 'ndt',
      },
    ],
    // The day of publication counts, not the time of measurement in the name.
    [
      report,
      {
        layout: 'canned',
        format: 'json.lz4',
        since: '2020102100',
        until: '2020102200',
        probeCc: 'US',
        testName: 'facebookmessenger',
      },
    ],
    [
      'canned/2013-05-05/20130505T103213Z-VN-AS24173-http_requests-no_report_id-0.1.0-probe.yaml.lz4',
      { format: 'yaml.lz4', since: '2013050500', probeCc: 'VN', testName: undefined },
    ],
    [
      'canned/2020-10-21/web_connectivity.0.tar.lz4',
      { format: 'tar.lz4', since: '2020102100', probeCc: undefined, testName: 'webconnectivity' },
    ],
    ['canned/2015-07-02/dns_n_http.0.tar.lz4', { testName: undefined, since: '2015070200' }],
    [
      '/tmp/2021081715_US_webconnectivity.n0.0.jsonl.gz',
      { key: '/tmp/2021081715_US_webconnectivity.n0.0.jsonl.gz', layout: undefined, probeCc: 'US' },
    ],
    ['/tmp/some.jsonl.gz', { layout: undefined, since: undefined, probeCc: undefined }],
    [
      'quarantine/20260821101502.123456_IT_ndt_0123456789abcdef.post',
      { format: 'post', since: '2026082110', until: '2026082111', probeCc: 'IT', testName: 'ndt' },
    ],
  ];
  for (const [path, expected] of cases) t.match(name(path), expected, path);
  for (const path of ['canned/2020-10-21/index.json.gz', 'log/checkpoint', 'raw/x.jsonl'])
    t.equal(parseObjectName(path), undefined, path);
});

const filter = (
  parts: { range?: Filter['range']; countries?: string[]; tests?: string[] } = {},
): Filter => ({
  range: parts.range,
  countries: new Set(parts.countries),
  tests: new Set(parts.tests),
});

t.test('what may be wanted', async (t) => {
  const range = { since: '2021081715', until: '2021081716' };
  const it15 = 'raw/20210817/15/IT/ndt/2021081715_IT_ndt.n0.0.tar.gz';
  const cases: [string, Filter, boolean][] = [
    [it15, filter({}), true],
    [it15, filter({ range }), true],
    [it15, filter({ range: { since: '2021081716', until: '2021081800' } }), false],
    [it15, filter({ range: { since: '2021081700', until: '2021081715' } }), false],
    [it15, filter({ countries: ['IT', 'FR'] }), true],
    [it15, filter({ countries: ['FR'] }), false],
    [it15, filter({ tests: ['ndt'] }), true],
    [it15, filter({ tests: ['signal'] }), false],
    // A day's object has measurements of each of its hours; one that says nothing may have all.
    ['jsonl/ndt/IT/20210817/00/20210817_IT_ndt.0.jsonl.gz', filter({ range }), true],
    ['canned/2021-08-17/dns_n_http.0.tar.lz4', filter({ range, tests: ['ndt'] }), true],
    ['canned/2021-08-17/ndt.0.tar.lz4', filter({ range, tests: ['signal'] }), false],
    ['/tmp/some.jsonl.gz', filter({ range, countries: ['IT'], tests: ['ndt'] }), true],
  ];
  for (const [path, given, expected] of cases) t.equal(mayBeWanted(name(path), given), expected);
});

t.test('of the same measurements, the better form', async (t) => {
  const can = 'raw/20210817/15/IT/ndt/2021081715_IT_ndt.n0';
  const jsonl = 'jsonl/ndt/IT';
  const all = [
    `${can}.0.jsonl.gz`,
    `${can}.0.tar.gz`,
    `${can}.1.jsonl.gz`,
    `${can}.2.tar.gz`,
    `${jsonl}/20190721/00/20190721_IT_ndt.0.jsonl.gz`,
    `${jsonl}/20190722/00/20190722_IT_ndt.0.jsonl.gz`,
    'canned/2019-07-21/ndt.0.tar.lz4',
  ];
  t.strictSame(
    withoutDoubles(all.map((path) => ({ name: name(path) }))).map(({ name }) => name.key),
    [all[1], all[2], all[3], all[5], all[6]],
  );
});

t.test('where objects are looked for', async (t) => {
  const day = { since: '2026082100', until: '2026082200' };
  const hours = { since: '2026082122', until: '2026082202' };
  const many = 'AA AB AC AD AE AF AG AH AI'.split(' ');
  const raw = (name: string, given: Filter, expected: string[]) =>
    t.strictSame(dayPrefixes('raw', '20260821', given), expected, name);
  raw('a day', filter({ range: day }), ['raw/20260821/']);
  raw('hours', filter({ range: hours }), ['raw/20260821/22/', 'raw/20260821/23/']);
  raw('hours of countries', filter({ range: hours, countries: ['IT', 'FR'] }), [
    'raw/20260821/22/IT/',
    'raw/20260821/22/FR/',
    'raw/20260821/23/IT/',
    'raw/20260821/23/FR/',
  ]);
  raw('many countries', filter({ range: day, countries: many }), ['raw/20260821/']);
  t.equal(dayPrefixes('raw', '20260821', filter({ range: day, countries: ['IT'] })).length, 24);
  t.strictSame(dayPrefixes('canned', '20190721', filter({})), ['canned/2019-07-21/']);
  t.strictSame(jsonlPrefixes(filter({ countries: ['IT'] })), ['jsonl/']);
  t.strictSame(jsonlPrefixes(filter({ tests: ['ndt'] })), ['jsonl/ndt/']);
  t.strictSame(jsonlPrefixes(filter({ tests: ['ndt'], countries: ['IT', 'FR'] })), [
    'jsonl/ndt/IT/',
    'jsonl/ndt/FR/',
  ]);
  t.strictSame(layoutsOf('20201019'), ['jsonl', 'canned']);
  t.strictSame(layoutsOf('20201020'), ['raw', 'jsonl', 'canned']);
  t.strictSame(layoutsOf('20201022'), ['raw']);
});

t.test('names of tests in old reports', async (t) => {
  t.equal(currentTestName('HTTP Requests Test'), 'http_requests');
  t.equal(currentTestName('dnstamper'), 'dns_consistency');
  t.equal(currentTestName('Web_Connectivity'), 'web_connectivity');
  t.equal(currentTestName(undefined), 'invalid');
});
