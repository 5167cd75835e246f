import t from 'tap';
import {
  type MeasurementSearch,
  readMeasurementSearch,
} from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import { cursorText } from '../../../../src/core/endpoints/measurements/searchCursor.ts';
import {
  searchQuery as pageQuery,
  seekQuery,
} from '../../../../src/core/endpoints/measurements/searchSql.ts';

const NOW = Date.UTC(2024, 1, 1, 13, 30);
const read = (query: string) => readMeasurementSearch(new URLSearchParams(query), NOW);
const search = (query: string): MeasurementSearch => {
  const check = read(query);
  if (check.kind !== 'ok') throw new Error(`${query}: ${JSON.stringify(check)}`);
  return check.search;
};
const searchQuery = (asked: MeasurementSearch) => pageQuery(asked, undefined, 100);
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

t.test('the window that is searched (protocol, data 4.1 and 7.1)', (t) => {
  const cases: [string, string | undefined, string | undefined][] = [
    ['', '2024-01-03', '2024-02-02'],
    ['since=2024-01-20', '2024-01-20', '2024-02-02'],
    ['until=2024-01-20', '2023-12-21', '2024-01-20'],
    ['since=2024-01-01&until=2024-01-02', '2024-01-01', '2024-01-02'],
    ['since=2024-01-02&until=2024-01-01', '2024-01-02', '2024-01-01'],
    ['report_id=abc', undefined, undefined],
    ['report_id=abc&since=2010-01-01', '2010-01-01', undefined],
    ['report_id=&since=2024-01-20', '2024-01-20', '2024-02-02'],
  ];
  for (const [query, since, until] of cases) {
    const { sinceMs, untilMs } = search(query);
    t.strictSame([sinceMs, untilMs], [since && day(since), until && day(until)], `?${query}`);
  }
  t.end();
});

t.test('at most 180 days', (t) => {
  for (const [query, days] of [
    ['since=2024-01-01&until=2024-04-01', undefined],
    ['since=2023-08-06&until=2024-02-02', undefined],
    ['since=2023-08-06T00:00:01&until=2024-02-03T00:00:00', undefined],
    ['since=2023-08-06&until=2024-02-03', 181],
    ['since=2024-01-01&until=2024-07-20', 201],
    ['since=2021-01-01', 1127],
    ['report_id=abc&since=2021-01-01&until=2024-01-01', 1095],
    ['report_id=abc&since=2021-01-01', undefined],
  ] as const)
    t.strictSame(
      read(query).kind === 'ok' ? undefined : read(query),
      days && {
        kind: 'refused',
        detail: `Time range must not exceed 6 months. Requested: ${days} days (limit: 180 days).`,
      },
      `?${query}`,
    );
  t.end();
});

const KEY = { startS: 1704067200, reportId: 'r', input: 'i', measurementUid: 'u' };
const CURSOR = cursorText({ key: KEY, place: 100, descending: true });

t.test('where a page begins', (t) => {
  const cases: [string, number, number | undefined][] = [
    ['', 0, undefined],
    ['offset=7', 7, undefined],
    [`cursor=${CURSOR}`, 100, 100],
    [`cursor=${CURSOR}&offset=100`, 100, 100],
    [`cursor=${CURSOR}&offset=103`, 103, 100],
    // Before what the cursor knows: counted from the start.
    [`cursor=${CURSOR}&offset=99`, 99, undefined],
    ['cursor=', 0, undefined],
  ];
  for (const [query, offset, place] of cases) {
    const asked = search(query);
    t.strictSame([asked.offset, asked.cursor?.place], [offset, place], `?${query}`);
  }
  t.end();
});

t.test('what is refused', (t) => {
  const cases: [string, unknown][] = [
    ['order=up', { kind: 'refused', detail: 'Invalid order parameter' }],
    ...['test_start_time', 'probe_cc', 'nonexistent'].map((column): [string, unknown] => [
      `order_by=${column}`,
      { kind: 'invalid', issues: [{ type: 'literal_error' }] },
    ]),
    ['limit=1000001', { kind: 'invalid', issues: [{ type: 'less_than_equal' }] }],
    ['limit=-1', { kind: 'invalid', issues: [{ type: 'greater_than_equal' }] }],
    ['offset=-1', { kind: 'invalid', issues: [{ type: 'greater_than_equal' }] }],
    [`cursor=${'a'.repeat(5000)}`, { kind: 'invalid', issues: [{ type: 'string_too_long' }] }],
    ['cursor=a', { kind: 'refused', detail: 'Invalid cursor parameter: take next_url as it is' }],
    [
      `order=asc&cursor=${CURSOR}`,
      { kind: 'refused', detail: 'Invalid cursor parameter: take next_url as it is' },
    ],
    ['input=ab', { kind: 'invalid', issues: [{ type: 'string_too_short' }] }],
    ['domain=ab', { kind: 'invalid', issues: [{ type: 'string_too_short' }] }],
    ['report_id=ab', { kind: 'invalid', issues: [{ type: 'string_too_short' }] }],
    ['probe_asn=x', { kind: 'invalid', issues: [{ type: 'value_error' }] }],
    ['ooni_run_link_id=x', { kind: 'invalid', issues: [{ type: 'int_parsing' }] }],
    ['anomaly=x', { kind: 'invalid', issues: [{ type: 'bool_parsing' }] }],
    [
      'since=undefined&until=x&limit=y',
      {
        kind: 'invalid',
        issues: [
          { loc: ['query', 'since'] },
          { loc: ['query', 'until'] },
          { loc: ['query', 'limit'] },
        ],
      },
    ],
  ];
  for (const [query, expected] of cases) t.match(read(query), expected as object, `?${query}`);
  t.end();
});

t.test('what is ignored', (t) => {
  const plain = search('');
  for (const query of [
    'show=all&only=1&data=x',
    'probe_cc=&probe_asn=&test_name=&software_version=',
    'order_by=measurement_start_time&order=DESC',
    'domain=&input=&category_code=',
    'anomaly=',
    'limit=&offset=',
  ])
    t.strictSame(search(query), plain, `?${query}`);
  t.end();
});

/** Conditions of the WHERE clause, without those of the default window. */
function conditions(query: string): string[] {
  const { sql } = searchQuery(search(query));
  return /WHERE (.*)\nORDER BY/s
    .exec(sql)![1]!
    .split('\n  AND ')
    .filter((condition) => !condition.startsWith('measurement_start_time'));
}

const BY_DEFAULT = ["probe_cc != 'ZZ'", 'probe_asn != 0'];

t.test('conditions', (t) => {
  const cases: [string, string[], Record<string, unknown>][] = [
    ['', BY_DEFAULT, {}],
    [
      'probe_cc=IT,US&probe_asn=AS3269,30722',
      ['probe_cc IN {probe_cc:Array(String)}', 'probe_asn IN {probe_asn:Array(UInt32)}'],
      { probe_cc: ['IT', 'US'], probe_asn: [3269, 30722] },
    ],
    [
      'probe_cc=ZZ&probe_asn=AS0',
      ['probe_cc IN {probe_cc:Array(String)}', 'probe_asn = {probe_asn:UInt32}'],
      { probe_cc: ['ZZ'], probe_asn: 0 },
    ],
    [
      'report_id=abc&input=https://x/&domain=ignored&category_code=NEWS',
      ['report_id = {report_id:String}', 'input = {input:String}', ...BY_DEFAULT],
      { report_id: 'abc', input: 'https://x/' },
    ],
    [
      'domain=b.org,+a.org&category_code=NEWS',
      [
        'domain IN {domain:Array(String)}',
        'input IN (SELECT url FROM citizenlab WHERE category_code = {category_code:String})',
        ...BY_DEFAULT,
      ],
      { domain: ['a.org', 'b.org'], category_code: 'NEWS' },
    ],
    [
      'test_name=ndt,dash&software_version=1&test_version=2&engine_version=3,4',
      [
        ...BY_DEFAULT,
        'test_name IN {test_name:Array(String)}',
        'software_version IN {software_version:Array(String)}',
        'test_version IN {test_version:Array(String)}',
        'engine_version IN {engine_version:Array(String)}',
      ],
      { test_name: ['dash', 'ndt'], engine_version: ['3', '4'] },
    ],
    [
      'anomaly=true&confirmed=no&failure=1&ooni_run_link_id=10034',
      [
        ...BY_DEFAULT,
        'ooni_run_link_id = {ooni_run_link_id:UInt64}',
        'anomaly = {anomaly:String}',
        'confirmed = {confirmed:String}',
        'msm_failure = {msm_failure:String}',
      ],
      { anomaly: 't', confirmed: 'f', msm_failure: 't', ooni_run_link_id: '10034' },
    ],
  ];
  for (const [query, expected, values] of cases) {
    t.strictSame(conditions(query), expected, `?${query}`);
    t.match(searchQuery(search(query)).values, values, `values of ?${query}`);
  }
  t.end();
});

t.test('one domain or one network is read in an order of its own', (t) => {
  const cases: [string, string | undefined][] = [
    ['domain=a.org', 'domain'],
    ['domain=a.org&probe_asn=1&probe_cc=IT', 'domain'],
    ['probe_asn=AS1&test_name=ndt', 'probe_asn'],
    ['probe_asn=1&domain=a.org,b.org', 'probe_asn'],
    ['probe_asn=1&input=https://a.org/&domain=ignored', 'probe_asn'],
    ['', undefined],
    ['probe_cc=IT', undefined],
    ['domain=a.org,b.org&probe_asn=1,2', undefined],
    ['input=https://a.org/&domain=ignored', undefined],
    ['report_id=abc&probe_asn=1', undefined],
  ];
  const projections = { domain: 'rows_by_domain', probe_asn: 'rows_by_network' } as const;
  for (const [query, column] of cases)
    for (const { sql } of [
      searchQuery(search(query)),
      seekQuery(search(`${query}&order=asc`), undefined, 9),
    ]) {
      const first = /ORDER BY (\w+)/.exec(sql)![1];
      t.equal(first, column ?? 'measurement_start_time', `?${query}`);
      const projection = /preferred_optimize_projection_name = '(\w+)'/.exec(sql)?.[1];
      t.equal(projection, column && projections[column as keyof typeof projections], `?${query}`);
      if (column !== undefined) t.match(sql, ` ${column} = {`, `?${query}`);
      const streams =
        /SETTINGS .*\bmerge_tree_min_rows_for_concurrent_read = 10000000, read_in_order_use_buffering = 0, max_block_size = 8192$/;
      t.match(sql, streams, `?${query}`);
    }
  t.end();
});

t.test('nothing of a request is part of the SQL', (t) => {
  const marker = "x'); DROP TABLE fastpath --";
  const query = new URLSearchParams();
  for (const name of ['report_id', 'input', 'domain', 'category_code', 'probe_cc', 'test_name'])
    query.set(name, marker);
  for (const name of ['software_version', 'test_version', 'engine_version'])
    query.set(name, marker);
  const { sql, values } = searchQuery(search(query.toString()));
  t.notMatch(sql, 'DROP');
  t.equal(values.report_id, marker);
  t.end();
});

t.test('bounds as a DateTime holds them, order and page', (t) => {
  const { sql, values } = searchQuery(
    search('since=2024-01-01T00:00:00.9&until=2024-01-02&order=asc&limit=7&offset=14'),
  );
  t.match(values, { since: 1704067200, until: 1704153600, rows: 100 });
  t.match(
    sql,
    'ORDER BY measurement_start_time ASC, report_id ASC, input ASC, measurement_uid ASC\nLIMIT',
  );
  const far = searchQuery(search('report_id=abc&until=9999-01-01'));
  t.equal(far.values.until, 0xffffffff);
  t.equal(searchQuery(search('until=0001-01-01')).values.since, 0);
  t.end();
});
