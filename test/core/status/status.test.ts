/** Covers src/core/status/{hourCounts, late, metricValue}.ts and src/core/sql/statusQueries.ts. */
import t from 'tap';
import { scoredByHourQuery } from '../../../src/core/sql/statusQueries.ts';
import { hourCounts, lastHours } from '../../../src/core/status/hourCounts.ts';
import { isLate, publishingIsLate, uploadsAreLate } from '../../../src/core/status/late.ts';
import { metricValue } from '../../../src/core/status/metricValue.ts';

const NOW_MS = Date.parse('2026-08-21T01:30:00Z');

t.test('hours: what waits and what is published was received', async (t) => {
  const hours = lastHours(NOW_MS, 3);
  t.strictSame(hours, ['2026082101', '2026082100', '2026082023']);
  const spool = new Map([
    ['2026082101', 4],
    ['2026082100', 1],
  ]);
  const published = new Map([['2026082100', 5]]);
  const scored = new Map([
    ['2026082100', 6],
    ['2026082101', 3],
  ]);
  t.strictSame(hourCounts(hours, { spool, scored, published }), [
    { hour: '2026082101', received: 4, scored: 3, published: 0 },
    { hour: '2026082100', received: 6, scored: 6, published: 5 },
    { hour: '2026082023', received: 0, scored: 0, published: 0 },
  ]);
});

t.test('late: two runs were missed', async (t) => {
  const ago = (minutes: number) => NOW_MS - minutes * 60_000;
  t.notOk(isLate(ago(134), 3_600, NOW_MS));
  t.ok(isLate(ago(136), 3_600, NOW_MS));
  t.ok(isLate(0, 86_400, NOW_MS), 'never');
  t.notOk(uploadsAreLate(ago(134), NOW_MS));
  t.ok(uploadsAreLate(ago(136), NOW_MS));
  t.ok(uploadsAreLate(0, NOW_MS), 'never');
  t.notOk(publishingIsLate('2026082101', NOW_MS), 'an hour that is not over');
  t.notOk(publishingIsLate('2026082022', NOW_MS));
  t.ok(publishingIsLate('2026082021', NOW_MS));
});

t.test('a number of a text of metrics', async (t) => {
  const text = '# HELP a_total x\na_total 3\na_total_more 4\nb{c="d"} 5\ne 1.5e3 1700000000\nf x\n';
  t.equal(metricValue(text, 'a_total'), 3);
  t.equal(metricValue(text, 'e'), 1_500);
  for (const name of ['a', 'b', 'f', 'x']) t.equal(metricValue(text, name), undefined);
});

t.test('an hour ends before the next one', async (t) => {
  const { values } = scoredByHourQuery('2026082023', '2026082101');
  t.ok('20260821015959.999999_IT_x_0123456789abcdef' < String(values.end));
  t.ok('20260821020000.000000_IT_x_0123456789abcdef' > String(values.end));
});
