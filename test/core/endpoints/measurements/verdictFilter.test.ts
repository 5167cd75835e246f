/** Filters by what scoring says: in SQL, and of rows that have come; both say the same (test/api/searchPages.test.ts). */
import t from 'tap';
import { readMeasurementSearch } from '../../../../src/core/endpoints/measurements/measurementSearch.ts';
import {
  addVerdict,
  isByVerdict,
  isMostlyMatched,
  matchesVerdict,
  ofAnyVerdict,
} from '../../../../src/core/endpoints/measurements/verdictFilter.ts';
import { makeConditions } from '../../../../src/core/sql/conditions.ts';

function search(query: string) {
  const check = readMeasurementSearch(new URLSearchParams(query), 0);
  if (check.kind !== 'ok') throw new Error(query);
  return check.search;
}

const row = { anomaly: 'f', confirmed: 'f', msm_failure: 'f', is_verified: 'u' };

t.test('each filter is by its column', (t) => {
  const cases: [query: string, column: keyof typeof row, wanted: string, others: string[]][] = [
    ['anomaly=true', 'anomaly', 't', ['f', '']],
    ['anomaly=false', 'anomaly', 'f', ['t', '']],
    ['confirmed=true', 'confirmed', 't', ['f']],
    ['confirmed=false', 'confirmed', 'f', ['t']],
    ['failure=true', 'msm_failure', 't', ['f']],
    ['failure=false', 'msm_failure', 'f', ['t']],
    ['verification_status=verified', 'is_verified', 't', ['f', 'u']],
    ['verification_status=failed', 'is_verified', 'f', ['t', 'u']],
    ['verification_status=unverified', 'is_verified', 'u', ['t', 'f', '']],
  ];
  for (const [query, column, wanted, others] of cases) {
    const asked = search(query);
    t.equal(isByVerdict(asked), true, query);
    const conditions = makeConditions();
    addVerdict(conditions, asked);
    t.equal(conditions.sql, `${column} = {${column}:String}`);
    t.strictSame(conditions.values, { [column]: wanted });
    const matches = matchesVerdict(asked);
    t.equal(matches({ ...row, [column]: wanted }), true, query);
    for (const other of others)
      t.equal(matches({ ...row, [column]: other }), false, `${query} ${other}`);
  }
  t.end();
});

t.test('all of several count, and none is no filter', (t) => {
  const both = matchesVerdict(search('anomaly=true&failure=false'));
  t.equal(both({ ...row, anomaly: 't' }), true);
  t.equal(both({ ...row, anomaly: 't', msm_failure: 't' }), false);
  t.equal(both(row), false);
  const none = search('probe_cc=IT');
  t.equal(isByVerdict(none), false);
  t.equal(matchesVerdict(none)({ ...row, anomaly: 't', is_verified: 'x' }), true);
  const conditions = makeConditions();
  addVerdict(conditions, none);
  t.equal(conditions.sql, 'true');
  t.end();
});

t.test('most measurements match where nothing was to be found', (t) => {
  for (const [query, expected] of [
    ['failure=false', true],
    ['anomaly=false&confirmed=false&failure=false', true],
    ['anomaly=true', false],
    ['confirmed=true&failure=false', false],
    ['failure=true', false],
    ['verification_status=verified', false],
    ['verification_status=failed&failure=false', false],
  ] as const)
    t.equal(isMostlyMatched(search(query)), expected, query);
  t.end();
});

t.test('of any verdict, and else the same', (t) => {
  const rest = 'probe_cc=IT&domain=a.org&limit=7&offset=3&order=asc';
  const filtered = search(
    `${rest}&anomaly=true&confirmed=true&failure=false&verification_status=failed`,
  );
  t.strictSame(ofAnyVerdict(filtered), search(rest));
  t.end();
});
