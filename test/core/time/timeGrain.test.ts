import t from 'tap';
import { bucketSql, chooseGrain } from '../../../src/core/time/timeGrain.ts';

const DAY_MS = 86_400_000;

t.test('which grain a range may have (protocol, data 4.7)', (t) => {
  const refused = (grains: string) => ({
    kind: 'refused',
    reason: `Choose time_grain between ${grains}, auto for the given time range`,
  });
  const invalid = { kind: 'refused', reason: 'Invalid since and until values' };
  const ok = (grain: string) => ({ kind: 'ok', grain });
  const cases: [string, number, object][] = [
    ['auto', 7, ok('hour')],
    ['auto', 7.001, ok('day')],
    ['auto', 366, ok('day')],
    ['hour', 7, ok('hour')],
    ['hour', 8, refused('day, week')],
    ['week', 7, refused('hour, day')],
    ['week', 30, ok('week')],
    ['month', 30, refused('day, week')],
    ['month', 31, ok('month')],
    ['year', 365, refused('day, week, month')],
    ['year', 366, ok('year')],
    ['', 1, refused('hour, day')],
    ['auto', 0, invalid],
    ['day', -1, invalid],
    ['day', Number.NaN, invalid],
  ];
  for (const [asked, days, expected] of cases)
    t.strictSame(chooseGrain(asked, 0, days * DAY_MS), expected, `${asked} over ${days} days`);
  t.end();
});

t.test('labels', (t) => {
  t.equal(bucketSql('week', 'x'), 'toString(toStartOfWeek(x))');
  t.match(bucketSql('hour', 'x'), 'T%H:00:00Z');
  t.end();
});
