/**
 * Results and pages of a search as the api answers them.
 *
 * Covers src/core/endpoints/measurements/verification.ts.
 */
import t from 'tap';
import { readMeasurementSearch } from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import {
  makePageEnd,
  searchMetadata,
  searchResult,
} from '../../../../src/core/endpoints/measurements/searchAnswer.ts';
import {
  cursorText,
  parseCursor,
} from '../../../../src/core/endpoints/measurements/searchCursor.ts';
import type { SearchRow } from '../../../../src/core/endpoints/measurements/searchSql.ts';
import { verificationStatus } from '../../../../src/core/endpoints/measurements/verification.ts';

const BASE = 'https://api.example.org';
const ROW: SearchRow = {
  measurement_uid: '20260711174409.123456_IR_webconnectivity_0123456789abcdef',
  report_id: '20260711T173900Z_webconnectivity_IR_44244_n1_q3ZkW0ExAmPlE7aB',
  input: 'https://example.org/',
  probe_cc: 'IR',
  probe_asn: 44244,
  test_name: 'web_connectivity',
  measurement_start_time: '2026-07-11T17:44:07Z',
  scores: '{"blocking_general":1.0,"analysis":{"blocking_type":"dns"}}',
  anomaly: 't',
  confirmed: 'f',
  msm_failure: 'f',
  is_verified: 'u',
  updated_ms: 0,
};

t.test('a result (protocol, data 4.1)', (t) => {
  const text = searchResult(ROW, BASE);
  t.strictSame(JSON.parse(text), {
    anomaly: true,
    confirmed: false,
    failure: false,
    input: 'https://example.org/',
    probe_asn: 'AS44244',
    probe_cc: 'IR',
    report_id: ROW.report_id,
    scores: { blocking_general: 1, analysis: { blocking_type: 'dns' } },
    test_name: 'web_connectivity',
    measurement_url: `${BASE}/api/v1/raw_measurement?measurement_uid=${ROW.measurement_uid}`,
    measurement_start_time: '2026-07-11T17:44:07.000000Z',
    measurement_uid: ROW.measurement_uid,
    verification_status: 'unverified',
  });
  t.match(text, '"blocking_general":1.0,', 'numbers of the scores as they were written');
  t.end();
});

t.test('odd rows', (t) => {
  const cases: [Partial<SearchRow>, Record<string, unknown>][] = [
    [{ input: '' }, { input: null }],
    [{ scores: '' }, { scores: {} }],
    [{ scores: '{"a":' }, { scores: {} }],
    [{ scores: '[1]' }, { scores: {} }],
    [{ scores: 'null' }, { scores: {} }],
    [
      { anomaly: '', confirmed: 'T', msm_failure: 't' },
      { anomaly: false, confirmed: false, failure: true },
    ],
    [{ is_verified: 'x' }, { verification_status: null }],
    [{ input: 'obfs4 "é" \\' }, { input: 'obfs4 "é" \\' }],
    [
      { measurement_uid: 'a&b=c' },
      { measurement_url: `${BASE}/api/v1/raw_measurement?measurement_uid=a%26b%3Dc` },
    ],
  ];
  for (const [change, expected] of cases) {
    const result = JSON.parse(searchResult({ ...ROW, ...change }, BASE)) as object;
    t.match(result, expected, JSON.stringify(change));
    t.strictSame(Object.keys(result).length, 13);
  }
  t.end();
});

t.test('pages', (t) => {
  const metadata = (query: string, rows: number) => {
    const check = readMeasurementSearch(new URLSearchParams(query), Date.UTC(2024, 0, 1));
    if (check.kind !== 'ok') throw new Error(query);
    return searchMetadata(check.search, { rows, cursor: undefined }, 183, BASE, query);
  };
  const url = `${BASE}/api/v1/measurements?`;
  const cases: [string, number, Record<string, unknown>][] = [
    [
      '',
      0,
      {
        count: 0,
        current_page: 1,
        limit: 100,
        next_url: null,
        offset: 0,
        pages: 0,
        query_time: 0.183,
      },
    ],
    [
      '',
      100,
      {
        count: -1,
        current_page: 1,
        limit: 100,
        next_url: `${url}offset=100&limit=100`,
        offset: 0,
        pages: -1,
      },
    ],
    ['', 99, { count: 99, pages: 1, next_url: null }],
    ['offset=300', 0, { count: 300, pages: 3, current_page: 4, offset: 300, next_url: null }],
    ['offset=150', 10, { count: 160, pages: 2, current_page: 3 }],
    ['limit=0', 0, { count: 0, pages: 0, current_page: 1, limit: 0, next_url: null }],
    ['limit=0&offset=5', 0, { count: 5, pages: 0, current_page: 1 }],
    // The request's own parameters in their order, unknown ones too.
    [
      'probe_cc=IR&limit=1&since=2024-01-01T00:00:00&x=a+b&domain=a,b',
      1,
      {
        next_url: `${url}probe_cc=IR&limit=1&since=2024-01-01T00%3A00%3A00&x=a+b&domain=a%2Cb&offset=1`,
      },
    ],
    ['offset=100&limit=100&a=1', 100, { next_url: `${url}offset=200&limit=100&a=1` }],
    ['offset=5&limit=2&offset=10', 2, { offset: 10, next_url: `${url}offset=12&limit=2` }],
  ];
  for (const [query, rows, expected] of cases)
    t.match(metadata(query, rows), expected, `?${query}, ${rows} rows`);
  t.end();
});

t.test('a page that is cut short goes on after its last result', (t) => {
  const check = readMeasurementSearch(new URLSearchParams('limit=1000&offset=20'), 0);
  if (check.kind !== 'ok') throw new Error(check.kind);
  const end = makePageEnd(check.search);
  for (let each = 0; each < 30; each++) end.add(ROW);
  const cut = searchMetadata(check.search, end, 0, BASE, 'limit=1000&offset=20', true);
  t.match(cut, { count: -1, pages: -1, limit: 1_000, offset: 20 });
  const next = new URL(String(cut.next_url)).searchParams;
  t.equal(next.get('offset'), '50');
  t.equal(next.get('limit'), '1000');
  t.equal(parseCursor(next.get('cursor')!)?.place, 50);
  t.end();
});

t.test('the next page begins after the last result that has a short key', (t) => {
  const read = (query: string) => {
    const check = readMeasurementSearch(new URLSearchParams(query), Date.UTC(2024, 0, 1));
    if (check.kind !== 'ok') throw new Error(query);
    return check.search;
  };
  const key = {
    startS: Date.parse(ROW.measurement_start_time) / 1000,
    reportId: ROW.report_id,
    input: ROW.input,
    measurementUid: ROW.measurement_uid,
  };
  const long = { ...ROW, input: 'x'.repeat(1000) };
  const earlier = { key: { ...key, startS: 7 }, place: 4, descending: true };
  const cases: [string, SearchRow[], { place: number; startS: number } | undefined][] = [
    ['offset=4', [ROW, ROW], { place: 6, startS: key.startS }],
    ['offset=4', [ROW, long, long], { place: 5, startS: key.startS }],
    ['offset=4', [long], undefined],
    [`cursor=${cursorText(earlier)}`, [long], { place: 4, startS: 7 }],
  ];
  for (const [query, rows, expected] of cases) {
    const end = makePageEnd(read(query));
    for (const row of rows) end.add(row);
    const { cursor } = end;
    t.strictSame(cursor && { place: cursor.place, startS: cursor.key.startS }, expected, query);
    t.equal(end.rows, rows.length);
  }
  const asked = read('offset=4&limit=1&x=1');
  const end = makePageEnd(asked);
  end.add(ROW);
  const { next_url } = searchMetadata(asked, end, 1, BASE, 'offset=4&limit=1&x=1');
  const cursor = cursorText({ key, place: 5, descending: true });
  t.equal(next_url, `${BASE}/api/v1/measurements?offset=5&limit=1&x=1&cursor=${cursor}`);
  t.end();
});

t.test('verification codes', (t) => {
  t.strictSame(['t', 'f', 'u', '', 'x'].map(verificationStatus), [
    'verified',
    'failed',
    'unverified',
    null,
    null,
  ]);
  t.end();
});
