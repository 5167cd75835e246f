import t from 'tap';
import { readMeasurementSearch } from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import { makeSearchPaces } from '../../../../src/core/endpoints/measurements/searchPaces.ts';

const NOW_MS = Date.parse('2024-03-10T12:00:00Z');
const second = (time: string) => Date.parse(`${time}Z`) / 1000;

function searchOf(query: string) {
  const check = readMeasurementSearch(new URLSearchParams(query), NOW_MS);
  if (check.kind !== 'ok') throw new Error(query);
  return check.search;
}
const FEBRUARY = 'since=2024-02-01&until=2024-03-01';
const after = (startS: number) => ({
  key: { startS, reportId: 'r', input: '', measurementUid: 'u' },
  inclusive: false,
});

t.test('twice as far as the rows went before', async (t) => {
  const paces = makeSearchPaces();
  const search = searchOf(FEBRUARY);
  const nearby = (...[from, rows]: [ReturnType<typeof after> | undefined, number]) =>
    paces.nearby(search, from, rows, NOW_MS);
  t.equal(nearby(undefined, 100), undefined, 'nothing is known');
  const untilS = second('2024-03-01T00:00:00');
  paces.note(search, undefined, { rows: 50, reachedS: untilS - 500, readRows: 200 }, NOW_MS);
  t.strictSame(nearby(undefined, 100), {
    search: { ...search, sinceMs: (untilS - 2_000) * 1000 },
    rest: { afterS: untilS - 1_999 },
    endS: untilS - 2_000,
    readRows: 400,
  });
  const place = second('2024-02-20T00:00:00');
  t.equal(nearby(after(place), 1)?.endS, place - 20);
  t.equal(nearby(undefined, 100_000), undefined, 'more than half of the time');
  t.equal(nearby(after(second('2024-02-01T00:00:30')), 1), undefined, 'and of what is left');
  t.equal(nearby(after(second('2024-01-20T00:00:00')), 1), undefined, 'of which nothing is left');

  const ascending = searchOf(`${FEBRUARY}&order=asc`);
  t.equal(paces.nearby(ascending, undefined, 100, NOW_MS), undefined, 'a search of its own');
  const sinceS = second('2024-02-01T00:00:00');
  paces.note(ascending, undefined, { rows: 1, reachedS: sinceS, readRows: undefined }, NOW_MS);
  t.strictSame(paces.nearby(ascending, undefined, 10, NOW_MS), {
    search: { ...ascending, untilMs: (sinceS + 20) * 1000 },
    rest: { afterS: sinceS + 20 },
    endS: sinceS + 20,
    readRows: undefined,
  });
});

t.test('of the same filter, whatever the time, the page and its size', async (t) => {
  const paces = makeSearchPaces();
  const untilS = second('2024-03-01T00:00:00');
  const note = (query: string, seen: { rows: number; reachedS: number }) =>
    paces.note(searchOf(query), undefined, { ...seen, readRows: undefined }, NOW_MS);
  const endS = (query: string) =>
    paces.nearby(searchOf(query), undefined, 1, NOW_MS)?.endS ?? undefined;
  note(`${FEBRUARY}&probe_cc=IT&limit=7`, { rows: 1, reachedS: untilS - 10 });
  t.equal(endS(`${FEBRUARY}&probe_cc=IT&offset=3`), untilS - 20);
  t.equal(
    endS('since=2023-10-01&until=2023-12-01&probe_cc=IT'),
    second('2023-12-01T00:00:00') - 20,
  );
  t.equal(endS(`${FEBRUARY}&probe_cc=DE`), undefined);
  t.equal(endS(`${FEBRUARY}&probe_cc=IT&anomaly=true`), undefined);
  note(`${FEBRUARY}&probe_cc=IT`, { rows: 0, reachedS: second('2024-02-01T00:00:00') });
  t.equal(endS(`${FEBRUARY}&probe_cc=IT`), undefined, 'there was nothing in all of it');
  t.equal(paces.nearby(searchOf('report_id=abc'), undefined, 1, NOW_MS), undefined);
});

t.test('the newest are looked for from now back, and later ones with them', async (t) => {
  const paces = makeSearchPaces();
  const search = searchOf('probe_cc=IT');
  const nowS = NOW_MS / 1000;
  paces.note(search, undefined, { rows: 10, reachedS: nowS - 100, readRows: undefined }, NOW_MS);
  const nearby = paces.nearby(search, undefined, 10, NOW_MS + 60_000);
  t.equal(nearby?.endS, nowS + 60 - 200);
  t.equal(nearby?.search.untilMs, search.untilMs);
  t.equal(paces.nearby(search, after(nowS - 500), 10, NOW_MS), undefined, 'later pages: apart');
  // A measurement of tomorrow.
  paces.note(search, undefined, { rows: 10, reachedS: nowS, readRows: undefined }, NOW_MS);
  t.equal(paces.nearby(search, undefined, 10, NOW_MS)?.endS, nowS - 2);
});

t.test('times that no column holds', async (t) => {
  const paces = makeSearchPaces();
  const known = searchOf(`${FEBRUARY}&order=asc`);
  const reachedS = second('2024-02-01T00:00:01');
  paces.note(known, undefined, { rows: 1, reachedS, readRows: undefined }, NOW_MS);
  for (const window of ['since=9000-01-01&until=9000-03-01', 'since=2106-02-01&until=2106-05-01'])
    t.ok(
      (paces.nearby(searchOf(`${window}&order=asc`), undefined, 1, NOW_MS)?.endS ?? 0) < 2 ** 32,
    );
});

t.test('so many are kept, the last ones', async (t) => {
  const paces = makeSearchPaces();
  const search = (version: number) => searchOf(`${FEBRUARY}&test_version=0.${version}`);
  const reachedS = second('2024-02-29T23:00:00');
  const note = (version: number) =>
    paces.note(search(version), undefined, { rows: 1, reachedS, readRows: undefined }, NOW_MS);
  const isKnown = (version: number) =>
    paces.nearby(search(version), undefined, 1, NOW_MS) !== undefined;
  for (let version = 0; version < 1_000; version++) note(version);
  note(0);
  note(1_000);
  t.strictSame([0, 1, 2, 1_000].map(isKnown), [true, false, true, true]);
  const long = searchOf(`${FEBRUARY}&input=${'x'.repeat(2_000)}`);
  paces.note(long, undefined, { rows: 1, reachedS, readRows: undefined }, NOW_MS);
  t.equal(paces.nearby(long, undefined, 1, NOW_MS), undefined, 'nor a long one');
});
