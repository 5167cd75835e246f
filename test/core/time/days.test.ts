import t from 'tap';
import {
  dayText,
  dayTexts,
  dayWithZone,
  monthsBeforeMs,
  startOfDayMs,
  startOfMonthMs,
} from '../../../src/core/time/days.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);

t.test('days and months', (t) => {
  t.equal(iso(startOfDayMs(at('2026-07-15T12:00:00Z'))), '2026-07-15T00:00:00');
  t.equal(iso(startOfMonthMs(at('2026-01-31T12:00:00Z'))), '2026-01-01T00:00:00');
  t.equal(iso(startOfMonthMs(at('2026-01-31T12:00:00Z'), 1)), '2026-02-01T00:00:00');
  t.equal(iso(startOfMonthMs(at('2026-01-31T12:00:00Z'), -24)), '2024-01-01T00:00:00');
  const before: [string, number, string][] = [
    ['2026-07-15T00:00:00Z', 6, '2026-01-15T00:00:00'],
    ['2026-08-31T06:00:00Z', 6, '2026-02-28T06:00:00'],
    ['2024-08-31T00:00:00Z', 6, '2024-02-29T00:00:00'],
    ['2026-03-31T00:00:00Z', 4, '2025-11-30T00:00:00'],
  ];
  for (const [from, months, expected] of before)
    t.equal(iso(monthsBeforeMs(at(from), months)), expected, `${from} less ${months} months`);
  t.equal(dayText(at('2026-07-15T23:59:59Z')), '2026-07-15');
  t.equal(dayWithZone('2026-07-15'), '2026-07-15T00:00:00+00:00');
  t.strictSame(dayTexts(at('2026-02-27T12:00:00Z'), at('2026-03-01T00:00:00Z')), [
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
  ]);
  t.strictSame(dayTexts(at('2026-02-27T00:00:00Z'), at('2026-02-26T00:00:00Z')), []);
  t.end();
});
