/** Levels that rise with what is spent and sink evenly; everything is recorded. */
import t from 'tap';
import { makeQuotaTable, parseQuotaLimits } from '../../../src/core/quotas/quotaTable.ts';

const LIMITS = parseQuotaLimits('60/minute;600/hour')!;
const S = 1_000;

t.test('limits as text', (t) => {
  t.strictSame(parseQuotaLimits('4000/hour; 40000/day'), [
    { units: 4_000, periodS: 3_600 },
    { units: 40_000, periodS: 86_400 },
  ]);
  t.strictSame(parseQuotaLimits(''), []);
  for (const text of ['4000', '0/hour', '-1/hour', '5/week', '5/hour;', '5/7day', 'x'])
    t.equal(parseQuotaLimits(text), undefined, text);
  t.end();
});

t.test('what is left', (t) => {
  /** Spent units at seconds since the start; remaining and seconds to wait after each. */
  const cases: [string, [units: number, atS: number, remaining: number, retryAfterS: number][]][] =
    [
      ['one', [[1, 0, 59, 0]]],
      [
        'a minute fills up evenly',
        [
          [60, 0, 0, 1],
          [0, 30, 30, 0],
          [30, 30, 0, 1],
          [0, 90, 60, 0],
        ],
      ],
      ['more than was left is recorded, and waited for', [[100, 0, 0, 41]]],
      ['but not without end', [[1_000_000, 0, 0, 3606]]],
      [
        'the tightest counts',
        [
          [60, 0, 0, 1],
          [60, 60, 0, 1],
          [60, 120, 0, 1],
          [0, 180, 60, 0],
        ],
      ],
      [
        'a clock that goes back gives nothing',
        [
          [60, 100, 0, 1],
          [0, 0, 0, 1],
        ],
      ],
    ];
  for (const [name, steps] of cases) {
    const table = makeQuotaTable(LIMITS);
    for (const [units, atS, remaining, retryAfterS] of steps)
      t.strictSame(
        table.spend('a', units, atS * S),
        { remaining, retryAfterS },
        `${name}, ${atS} s`,
      );
  }
  t.end();
});

t.test('clients are apart, and forgotten when they have all again', (t) => {
  const table = makeQuotaTable(LIMITS);
  table.spend('a', 60, 0);
  table.spend('b', 10, 0);
  t.strictSame(table.standing('c', 0), { remaining: 60, retryAfterS: 0 });
  t.strictSame(table.lowest(1, 0), [{ client: 'a', remaining: 0 }]);
  table.forget(59 * S);
  t.equal(table.clients, 2);
  // The hour's level of a is 60 of 600: a tenth of the hour.
  table.forget(61 * S);
  t.equal(table.clients, 1);
  table.forget(361 * S);
  t.equal(table.clients, 0);
  const small = makeQuotaTable(LIMITS, 2);
  for (const client of ['a', 'b', 'a', 'c']) small.spend(client, 60, 0);
  t.strictSame(
    small.lowest(9, 0).map(({ client }) => client),
    ['a', 'c'],
    'of too many the one that spent nothing for longest goes',
  );
  t.end();
});

t.test('of a full table a few go at once, those that spent nothing for longest', (t) => {
  const MOST = 640;
  const table = makeQuotaTable(LIMITS, MOST);
  for (let client = 0; client < 10 * MOST; client++) {
    table.spend(String(client), 60, 0);
    if (client >= MOST && (table.clients > MOST || table.clients <= MOST - MOST / 64))
      t.fail(`${table.clients} clients`);
  }
  const known = table.lowest(MOST, 0).map(({ client }) => Number(client));
  t.equal(Math.min(...known), 10 * MOST - known.length, 'the last ones');
  t.end();
});
