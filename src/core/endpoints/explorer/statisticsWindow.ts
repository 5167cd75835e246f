/** Time windows of the statistics that OONI Explorer shows (protocol, data 5.1). */
import type { Query } from '../../sql/query.ts';
import { DAY_MS, startOfDayMs } from '../../time/days.ts';

/** The 31 whole days before today. */
export function last31Days(nowMs: number): { readonly sinceMs: number; readonly untilMs: number } {
  const untilMs = startOfDayMs(nowMs);
  return { sinceMs: untilMs - 31 * DAY_MS, untilMs };
}

/** `since <= start time < until`, with the values of `windowValues`. */
export const IN_WINDOW = `measurement_start_time >= toDateTime({since:UInt32}, 'UTC')
  AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')`;

export function windowValues(window: {
  readonly sinceMs: number;
  readonly untilMs: number;
}): Query['values'] {
  return { since: window.sinceMs / 1000, until: window.untilMs / 1000 };
}

/** Counters that may overlap, unlike those of an aggregation: one that failed may be an anomaly too. */
export const PLAIN_COUNTS = `countIf(anomaly = 't') AS anomaly_count,
  countIf(confirmed = 't') AS confirmed_count,
  countIf(msm_failure = 't') AS failure_count,
  count() AS total_count`;
