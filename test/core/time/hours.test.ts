import t from 'tap';
import {
  dashed,
  dayName,
  HOUR_MS,
  hourName,
  hourStartMs,
  isHour,
} from '../../../src/core/time/hours.ts';

t.test('an instant and its hour', (t) => {
  const startMs = Date.UTC(2024, 1, 29, 23);
  for (const atMs of [startMs, startMs + HOUR_MS - 1]) {
    t.equal(hourName(atMs), '2024022923');
    t.equal(dayName(atMs), '20240229');
  }
  t.equal(hourName(startMs + HOUR_MS), '2024030100');
  t.equal(hourStartMs('2024022923'), startMs);
  t.equal(dashed('20240229'), '2024-02-29');
  t.end();
});

t.test('hours that there are', (t) => {
  for (const hour of ['2024022900', '2026123123', '1970010100']) t.ok(isHour(hour), hour);
  for (const hour of ['2026022900', '2026010124', '2026130100', '2026000100', '2026010100x'])
    t.notOk(isHour(hour), hour);
  t.end();
});
