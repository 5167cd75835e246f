/** Which days are answered from counts, read, or counted anew. */
import t from 'tap';
import {
  corrections,
  countedRange,
  daysOfVersions,
  daysToCount,
  daysToMerge,
  daysToRead,
  type Needs,
  rangeDays,
  touchedDays,
} from '../../../../src/core/endpoints/aggregation/dayPlan.ts';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(`${text}Z`);

t.test('the table and the whole days', (t) => {
  const needs = (columns: string[], since: string, until: string): Needs => ({
    columns,
    sinceMs: at(since),
    untilMs: at(until),
  });
  const cases: [Needs, [string, string, string] | undefined][] = [
    [needs([], '2024-01-01', '2024-01-03'), ['network_days', '2024-01-01', '2024-01-03']],
    [
      needs(['probe_cc'], '2024-01-01T00:00:01', '2024-01-03T23:59:59'),
      ['network_days', '2024-01-02', '2024-01-03'],
    ],
    [
      needs(['probe_asn', 'test_name'], '2024-01-01', '2024-01-02'),
      ['network_days', '2024-01-01', '2024-01-02'],
    ],
    [
      needs(['domain', 'probe_cc'], '2014-01-01', '2024-01-02'),
      ['domain_days', '2014-01-01', '2024-01-02'],
    ],
    [needs(['domain', 'probe_asn'], '2024-01-01', '2024-01-03'), undefined],
    [needs(['input'], '2024-01-01', '2024-01-03'), undefined],
    [needs(['hour'], '2024-01-01', '2024-01-03'), undefined],
    [needs([], '2024-01-01T00:00:01', '2024-01-02T12:00:00'), undefined],
    [needs([], '2024-01-03', '2024-01-01'), undefined],
    [needs([], '1900-01-01', '1980-01-01'), ['network_days', '1970-01-01', '1980-01-01']],
  ];
  for (const [asked, expected] of cases) {
    const range = countedRange(asked);
    const found = range && [range.table.name, ...Object.values(rangeDays(range))];
    t.strictSame(found, expected, JSON.stringify(asked));
  }
  t.end();
});

t.test('the days that a range touches', (t) => {
  const cases: [string, string, string, string][] = [
    ['2024-01-01', '2024-01-03', '2024-01-01', '2024-01-03'],
    ['2024-01-01T23:59:59', '2024-01-03T00:00:01', '2024-01-01', '2024-01-04'],
    ['2024-01-01T05:00:00', '2024-01-01T06:00:00', '2024-01-01', '2024-01-02'],
    ['2024-01-03', '2024-01-01', '2024-01-03', '2024-01-03'],
    ['1900-01-01', '1970-01-02', '1970-01-01', '1970-01-02'],
  ];
  for (const [since, until, first, before] of cases)
    t.strictSame(
      rangeDays(touchedDays({ columns: [], sinceMs: at(since), untilMs: at(until) })),
      { first, before },
      `${since} ${until}`,
    );
  t.end();
});

const NOW = at('2024-03-10T12:00:00');
const YEAR = { firstMs: at('2024-01-01'), beforeMs: at('2025-01-01') };
const day = (text: string, agoMinutes: number | undefined, lookedMinutes = 1e6, rows = 1) => ({
  day: text,
  changed: 1,
  rows,
  counted_ms: agoMinutes === undefined ? 0 : NOW - agoMinutes * MINUTE,
  looked_ms: NOW - lookedMinutes * MINUTE,
});

t.test('days to read', (t) => {
  const cases: [ReturnType<typeof day>, boolean][] = [
    [day('2024-03-10', undefined), true],
    [day('2024-03-10', undefined, 1), true],
    [day('2024-03-10', 2), false],
    [day('2024-03-10', 4), true],
    [day('2024-03-10', 4, 2), false],
    [day('2024-01-10', 20), false],
    [day('2024-01-10', 40), true],
    [day('2024-01-10', 90_000, 2), false],
  ];
  for (const [changed, read] of cases)
    t.strictSame(
      daysToRead([changed], YEAR, NOW),
      read ? [changed.day] : [],
      JSON.stringify(changed),
    );
  const many = Array.from({ length: 61 }, () => day('2024-01-10', undefined));
  t.equal(daysToRead(many, YEAR, NOW), undefined);
  t.equal(daysToRead(many.slice(1), YEAR, NOW)!.length, 60);
  const twice = { ...day('2024-01-10', 90_000), changed: 0 };
  t.strictSame(daysToRead([twice], YEAR, NOW), [], 'its counts hold');
  t.strictSame(daysToRead([day('2023-12-31', undefined)], YEAR, NOW), [], 'not of the range');
  t.strictSame(daysToCount([twice], NOW), []);
  t.end();
});

t.test('days whose rows are taken together', (t) => {
  const two = { firstMs: at('2024-01-10'), beforeMs: at('2024-01-12') };
  const twice = { ...day('2024-01-10', 90_000), changed: 0 };
  t.strictSame(daysToMerge([], two), []);
  t.strictSame(daysToMerge([twice], two), ['2024-01-10']);
  t.equal(daysToMerge([twice, day('2024-01-11', 1)], two), 'all', 'changed a minute ago too');
  t.end();
});

t.test('days that sums over all rows are put right for', (t) => {
  const twice = (rows: number) => ({ ...day('2024-02-01', 90_000, 1e6, rows), changed: 0 });
  t.strictSame(corrections([day('2024-03-10', 4), day('2024-03-09', 2), twice(2)], NOW), {
    counted: ['2024-03-09', '2024-02-01'],
    read: ['2024-03-10'],
  });
  // The latest first, as far as the bound goes; what FINAL reads weighs ten times as much.
  const many = [day('2024-03-10', 4, 1e6, 500_000), twice(5_000_000), twice(1)];
  t.strictSame(corrections(many, NOW), { counted: ['2024-02-01'], read: ['2024-03-10'] });
  t.strictSame(corrections([day('2024-03-10', 4, 1e6, 1_000_001), twice(1)], NOW), {
    counted: [],
    read: [],
  });
  t.strictSame(daysOfVersions([twice(9_999_999), twice(1), twice(1)]), [
    '2024-02-01',
    '2024-02-01',
  ]);
  t.end();
});

t.test('days to count', (t) => {
  const changed = [
    day('2024-03-10', 0.5, 0.5),
    day('2024-03-09', 2, 0.5, 3_000_000),
    day('2024-03-08', undefined, 0.5, 2_000_000),
    day('2024-01-02', 90_000, 0.5, 10),
    day('2024-01-01', 5, 0.5, 10),
    day('2023-12-31', undefined, 0.5, 10),
  ];
  t.strictSame(daysToCount(changed, NOW), [
    ['2024-03-09'],
    ['2024-03-08', '2024-01-02'],
    ['2023-12-31'],
  ]);
  t.strictSame(daysToCount([], NOW), []);
  t.end();
});
