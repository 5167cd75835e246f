/** GET /api/v1/aggregation on the real engine (protocol, data 4.7); the sums were made by hand. */
import t from 'tap';
import { ask, startDatabase, startService } from './support.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');

const { url, client } = await startService(t, {
  clickhouseUrl: await startDatabase(t),
  nowMs: () => NOW_MS,
});

let count = 0;
/** A row; flags are letters of `acf`: anomaly, confirmed, failure. */
const row = (time: string, cc: string, asn: number, input: string, flags: string, more = {}) => ({
  measurement_uid: `20260711174409.${String(count++).padStart(6, '0')}_${cc}_ndt_0123456789abcdef`,
  report_id: 'r',
  input,
  probe_cc: cc,
  probe_asn: asn,
  test_name: 'web_connectivity',
  test_start_time: time,
  measurement_start_time: time,
  domain: input === '' ? '' : new URL(input).host,
  anomaly: flags.includes('a') ? 't' : 'f',
  confirmed: flags.includes('c') ? 't' : 'f',
  msm_failure: flags.includes('f') ? 't' : 'f',
  scores: '{}',
  ...more,
});
await client.insert({
  table: 'fastpath',
  format: 'JSONEachRow',
  values: [
    row('2026-07-10 00:00:00', 'IT', 1, 'https://a.org/', ''),
    row('2026-07-10 23:59:59', 'IT', 1, 'https://a.org/', 'a', {
      scores: '{"analysis":{"blocking_type":"dns"}}',
    }),
    row('2026-07-11 05:00:00', 'IT', 2, 'https://b.org/', 'ac', {
      ooni_run_link_id: '18446744073709551615',
    }),
    row('2026-07-11 05:30:00', 'DE', 3, 'https://a.org/', 'acf'),
    row('2026-07-12 00:00:00', 'DE', 3, '', 'f'),
  ],
});
await client.insert({
  table: 'citizenlab',
  format: 'JSONEachRow',
  values: [
    { domain: 'a.org', url: 'https://a.org/', cc: 'ZZ', category_code: 'NEWS' },
    { domain: 'a.org', url: 'https://a.org/', cc: 'it', category_code: 'HUMR' },
    { domain: 'b.org', url: 'https://b.org/', cc: 'fr', category_code: 'GAME' },
  ],
});

const get = async (query: string) => ask(`${url}/api/v1/aggregation?${query}`);
/** anomaly/confirmed/failure/ok/all of each row, after its axes. */
const results = async (query: string) => {
  const { json } = await get(query);
  const rows: Record<string, unknown>[] = Array.isArray(json.result) ? json.result : [json.result];
  return rows.map((r) => {
    const { anomaly_count, confirmed_count, failure_count, ok_count, measurement_count, ...axes } =
      r;
    const counts = [anomaly_count, confirmed_count, failure_count, ok_count, measurement_count];
    return [...Object.values(axes), counts.join('/')].join(' ');
  });
};

t.test('counts', async (t) => {
  const cases: [string, string[]][] = [
    ['', ['1/1/2/1/5']],
    ['probe_cc=AQ', ['0/0/0/0/0']],
    ['since=2026-07-10&until=2026-07-12', ['1/1/1/1/4']],
    ['axis_x=probe_cc', ['DE 0/0/2/0/2', 'IT 1/1/0/1/3']],
    ['axis_x=probe_cc&probe_cc=AQ', []],
    ['axis_y=probe_asn', ['1 1/0/0/1/2', '2 0/1/0/0/1', '3 0/0/2/0/2']],
    [
      'axis_x=measurement_start_day&axis_y=probe_cc',
      [
        '2026-07-10 IT 1/0/0/1/2',
        '2026-07-11 DE 0/0/1/0/1',
        '2026-07-11 IT 0/1/0/0/1',
        '2026-07-12 DE 0/0/1/0/1',
      ],
    ],
    [
      'axis_x=measurement_start_day&since=2026-07-11&until=2026-07-12',
      ['2026-07-11T05:00:00Z 0/1/1/0/2'],
    ],
    [
      'axis_x=measurement_start_day&time_grain=week',
      ['2026-07-05 1/1/1/1/4', '2026-07-12 0/0/1/0/1'],
    ],
    ['axis_x=measurement_start_day&time_grain=month', ['2026-07-01 1/1/2/1/5']],
    ['axis_x=measurement_start_day&time_grain=year&since=2025-01-01', ['2026-01-01 1/1/2/1/5']],
    ['axis_x=blocking_type', [' 0/1/2/1/4', 'dns 1/0/0/0/1']],
    ['axis_x=category_code', ['GAME 0/1/0/0/1', 'HUMR 1/0/0/1/2', 'NEWS 0/0/1/0/1']],
    ['category_code=NEWS', ['1/0/1/1/3']],
    ['category_code=HUMR', ['0/0/0/0/0']],
    ['category_code=HUMR&probe_cc=IT', ['1/0/0/1/2']],
    ['category_code=NEWS&axis_x=category_code', ['NEWS 1/0/1/1/3']],
    ['ooni_run_link_id=18446744073709551615', ['0/1/0/0/1']],
    ['ooni_run_link_id=18446744073709551614', ['0/0/0/0/0']],
  ];
  for (const [query, expected] of cases) t.strictSame(await results(query), expected, `?${query}`);
});

t.test('headers, CSV, statistics and faults', async (t) => {
  const json = await get('axis_x=probe_cc&until=2026-07-13');
  t.equal(json.headers.get('Cache-Control'), 'max-age=60', 'new rows still come');
  t.equal(json.json.db_stats.row_count, 5);
  const settled = await get('until=2026-07-12');
  t.equal(settled.headers.get('Cache-Control'), 'max-age=86400');

  const csv = await get('axis_x=probe_cc&probe_cc=IT&format=CSV&download=true');
  t.equal(csv.headers.get('Content-Type'), 'text/csv; charset=utf-8');
  t.equal(csv.headers.get('Content-Disposition'), 'attachment; filename=ooni-aggregate-data.csv');
  t.equal(
    csv.text,
    'anomaly_count,confirmed_count,failure_count,measurement_count,ok_count,probe_cc\r\n1,1,0,3,1,IT\r\n',
  );
  t.equal((await get('axis_x=probe_cc&probe_cc=AQ&format=CSV')).text, '');

  const fault = await get('axis_x=platform');
  t.equal(fault.status, 400);
  const text = 'Invalid axis name';
  t.match(fault.json, { msg: text, error: text, message: text, v: 0 });
  t.equal(fault.headers.get('Cache-Control'), 'no-cache');
  t.equal((await get('axis_x=probe_cc&axis_y=probe_cc')).status, 200);
  t.match((await get('since=soon')).json, { detail: [{ loc: ['query', 'since'] }] });
});
