/**
 * Covers src/core/scoring/clockCheck.ts.
 */
import t from 'tap';
import { checkClock } from '../../../src/core/scoring/clockCheck.ts';
import type { Scores } from '../../../src/core/scoring/scores.ts';
import {
  formatDateTime,
  parseDateTime,
  parseUidTime,
} from '../../../src/core/time/measurementTime.ts';

t.test('times in measurements', async (t) => {
  for (const [text, canonical] of [
    ['2026-08-21 10:14:58', '2026-08-21 10:14:58'],
    ['2026-8-1 1:2:3', '2026-08-01 01:02:03'],
    ['2024-02-29 23:59:59', '2024-02-29 23:59:59'],
    ['2026-08-21   10:14:58', '2026-08-21 10:14:58'],
    ['1969-12-31 23:59:59', '1969-12-31 23:59:59'],
    ['0099-01-01 00:00:00', '0099-01-01 00:00:00'],
    ['0004-02-29 00:00:00', '0004-02-29 00:00:00'],
    ['2000-02-29 12:00:00', '2000-02-29 12:00:00'],
    ['9999-12-31 23:59:59', '9999-12-31 23:59:59'],
    ['2026-08- 1 10:14:58', '2026-08-01 10:14:58'],
  ] as const) {
    t.equal(formatDateTime(parseDateTime(text)!), canonical, text);
  }
  for (const value of [
    '2026-08-21T10:14:58Z',
    '2026-08-21 10:14:58 ',
    ' 2026-08-21 10:14:58',
    '2026-08-21 10:14:58.5',
    '2026-08-21 10:14',
    '2026-02-30 10:14:58',
    '2023-02-29 10:14:58',
    '1900-02-29 10:14:58',
    '2026-04-31 10:14:58',
    '2026-00-10 10:14:58',
    '2026-13-10 10:14:58',
    '2026-08-21 24:00:00',
    '2026-08-21 10:60:00',
    '2026-08-21 10:14:60',
    '26-08-21 10:14:58',
    '0000-01-01 00:00:00',
    '',
    null,
    undefined,
    1_787_307_298,
  ]) {
    t.equal(parseDateTime(value), undefined, `${value}`);
  }
});

t.test('times in uids', async (t) => {
  const second = Date.UTC(2026, 7, 21, 10, 15, 3) * 1000;
  t.equal(
    parseUidTime('20260821101503.123456_IT_webconnectivity_9362da5cc13da58a'),
    second + 123456,
  );
  t.equal(parseUidTime('20260821101503.1234_'), second + 123400);
  for (const uid of [
    '0123456789abcdef0123456789abcdef',
    '20260821101503.123456IT',
    '20261321101503.123456_',
  ]) {
    t.equal(parseUidTime(uid), undefined, uid);
  }
});

t.test('clock check', async (t) => {
  const uid = '20260821101503.500000_IT_x_9362da5cc13da58a';
  const future = { accuracy: 0, msg: 'Measurement start time from the future' };
  const old = { accuracy: 0, msg: 'Measurement start time too old' };
  for (const [start, expected, given] of [
    ['2026-08-21 10:14:58', {}, uid],
    ['2026-08-21 11:15:03', {}, uid],
    ['2026-08-21 11:15:04', future, uid],
    ['2025-08-21 10:15:04', {}, uid],
    ['2025-08-21 10:15:03', old, uid],
    ['2020-01-01 00:00:00', {}, `01${uid}`],
    ['2020-01-01 00:00:00', {}, uid.slice(0, 19)],
    ['2020-01-01 00:00:00', {}, `20${'ab'.repeat(20)}`],
    ['2020-01-01', {}, uid],
    [null, {}, uid],
  ] as const) {
    const scores: Scores = {};
    checkClock({ measurement_start_time: start }, given, scores);
    t.strictSame(scores, expected, `${start} in ${given}`);
  }
  const scores: Scores = { accuracy: 1, msg: 'failure: x' };
  checkClock({ measurement_start_time: '2020-01-01 00:00:00' }, uid, scores);
  t.strictSame(scores, old, 'overwrites');
});
