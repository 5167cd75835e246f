/**
 * Aggregation as three tables. Its answers on the real engine: test/api/aggregation.test.ts.
 *
 * Covers src/core/endpoints/aggregation/{axes, counts}.ts.
 */
import t from 'tap';
import { aggregation } from '../../../../src/core/endpoints/aggregation/aggregation.ts';
import { readQuery } from '../../../../src/core/endpoints/endpoint.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
const read = (query: string) => readQuery(aggregation, new URLSearchParams(query), NOW_MS);
const asked = (query: string) => {
  const result = read(query);
  if (result.kind !== 'ok') throw new Error(`${query}: ${result.kind}`);
  return result.asked;
};

t.test('query string → asked (protocol, data 4.7)', (t) => {
  t.strictSame(asked(''), {
    input: undefined,
    domains: undefined,
    categoryCode: undefined,
    probeCcs: undefined,
    probeAsns: undefined,
    testNames: undefined,
    ooniRunLinkIds: undefined,
    sinceMs: NOW_MS - 180 * 86_400_000,
    untilMs: NOW_MS,
    axes: [],
    grain: 'day',
    csv: false,
    download: false,
    settled: false,
  });
  t.match(
    asked(
      'input=abc&domain=a.b,c.d&category_code=NEWS&probe_cc=IT,DE&probe_asn=AS2,1&test_name=ndt&ooni_run_link_id=18446744073709551615&since=2026-07-01&until=2026-07-08&axis_x=measurement_start_day&axis_y=probe_asn&format=csv&download=true',
    ),
    {
      input: 'abc',
      domains: ['a.b', 'c.d'],
      categoryCode: 'NEWS',
      probeCcs: ['DE', 'IT'],
      probeAsns: [1, 2],
      testNames: ['ndt'],
      ooniRunLinkIds: ['18446744073709551615'],
      axes: ['measurement_start_day', 'probe_asn'],
      grain: 'hour',
      csv: true,
      download: true,
      settled: true,
    },
  );
  t.strictSame(asked('axis_y=probe_cc').axes, ['probe_cc'], 'the second axis alone');
  t.end();
});

t.test('what is refused', (t) => {
  const answered = (status: number, msg: string) => ({
    kind: 'answered',
    answer: { status, value: { v: 0, msg, error: msg } },
  });
  const cases: [string, object][] = [
    ['axis_x=platform', answered(400, 'Invalid axis name')],
    ['axis_x=probe_cc&axis_y=probe_cc', answered(200, 'Axis X and Y cannot be the same')],
    ['format=xml', answered(200, '')],
    [
      'axis_x=measurement_start_day&since=2026-07-10&until=2026-07-09',
      answered(400, 'Invalid since and until values'),
    ],
    ['since=2026-07-10&until=2026-07-09', { kind: 'ok' }],
    [
      'axis_x=measurement_start_day&time_grain=hour&since=2026-01-01&until=2026-07-09',
      answered(400, 'Choose time_grain between day, week, month, auto for the given time range'),
    ],
    ['time_grain=hour', { kind: 'ok' }],
    ['probe_asn=ASx', { kind: 'refused', status: 400 }],
    ['probe_asn=1,x', { kind: 'refused', status: 400 }],
    ['axis_x=Probe', { kind: 'invalid' }],
    ['category_code=news', { kind: 'invalid' }],
    ['test_name=Ndt', { kind: 'invalid' }],
    ['probe_cc=I', { kind: 'invalid' }],
    ['input=ab', { kind: 'invalid' }],
    ['ooni_run_link_id=1,x', { kind: 'invalid' }],
    ['since=soon', { kind: 'invalid' }],
  ];
  for (const [query, expected] of cases) t.match(read(query), expected, `?${query}`);
  t.end();
});

t.test('asked → SQL', (t) => {
  const sql = (query: string, planned: object[] | undefined = []) =>
    aggregation.queries(asked(query), NOW_MS, planned).counts!;
  const totals = sql('probe_cc=IT');
  t.notMatch(totals.sql, 'GROUP BY');
  t.notMatch(totals.sql, 'JOIN');
  t.match(totals.values, { probe_cc: ['IT'] });

  const two = sql('axis_x=domain&axis_y=blocking_type');
  t.match(two.sql, 'GROUP BY axis_domain, axis_blocking_type');
  t.match(two.sql, 'ORDER BY axis_domain, axis_blocking_type');
  t.match(two.values, { max_rows: 1_000_001 });

  t.match(sql('axis_x=category_code').sql, 'INNER JOIN');
  t.match(two.sql, 'FROM fastpath\n', 'each measurement has one row');
  t.match(aggregation.queries(asked('input=abc'), NOW_MS).counts!.sql, 'FROM fastpath FINAL\n');
  const twice = { day: '2026-07-11', changed: 0, rows: 2, counted_ms: 1, looked_ms: NOW_MS };
  const some = sql('axis_x=input&since=2026-07-01', [twice]);
  t.match(
    some.sql.replaceAll('\n', ' '),
    /FROM fastpath WHERE.*UNION ALL.*FROM fastpath FINAL WHERE/,
  );
  t.match(some.values, { merged_days: ['2026-07-11'] });
  const both = sql('axis_x=category_code&category_code=NEWS&probe_cc=IT');
  t.notMatch(both.sql, 'JOIN', 'the filter decides');
  t.match(both.values, { category_code: 'NEWS', lists: ['ZZ', 'it'] });
  for (const query of ["domain=it's", 'probe_cc=IT;', "input=a'b"])
    t.notMatch(sql(query).sql, /it's|IT;|a'b/, 'nothing from outside is part of the text');
  t.end();
});

const statistics = { readRows: 9, readBytes: 90, totalRows: 10, elapsedMs: 1500 };
const COUNTS = {
  anomaly_count: 1,
  confirmed_count: 2,
  failure_count: 3,
  ok_count: 4,
  measurement_count: 10,
};

t.test('rows → answer', (t) => {
  const answer = (query: string, counts: object[]) =>
    aggregation.answer({ counts: counts as never }, asked(query), {
      body: undefined,
      statistics,
      baseUrl: '',
      rawQuery: '',
    });
  const row = { ...COUNTS, axis_probe_cc: 'IT', axis_probe_asn: 7 };
  t.strictSame(answer('', [COUNTS]), {
    kind: 'json',
    value: {
      v: 0,
      dimension_count: 0,
      db_stats: { row_count: 9, bytes: 90, total_row_count: 10, elapsed_seconds: 1.5 },
      result: COUNTS,
    },
  });
  t.match(answer('axis_x=probe_cc&axis_y=probe_asn', [row]), {
    value: { dimension_count: 2, result: [{ ...COUNTS, probe_cc: 'IT', probe_asn: 7 }] },
  });
  t.match(answer('axis_x=probe_cc', []), { value: { result: [] } });
  t.strictSame(
    answer('axis_x=probe_cc&format=CSV&download=1&since=2026-01-01&until=2026-07-01', [row]),
    {
      kind: 'csv',
      rows: [{ ...COUNTS, probe_cc: 'IT' }],
      cacheSeconds: 86_400,
      fileName: 'ooni-aggregate-data.csv',
    },
  );
  t.match(answer('download=1', [COUNTS]), { fileName: 'ooni-aggregate-data.json' });
  const many = new Array<object>(1_000_001).fill(row);
  t.match(answer('axis_x=probe_cc', many), { kind: 'json', status: 400, isFault: true });
  t.end();
});
