/** Time windows of the statistics that OONI Explorer shows (protocol, data 5.1). */
import { DAY_MS, startOfDayMs } from '../../time/days.ts';

/** The 31 whole days before today. */
export function last31Days(nowMs: number): { readonly sinceMs: number; readonly untilMs: number } {
  const untilMs = startOfDayMs(nowMs);
  return { sinceMs: untilMs - 31 * DAY_MS, untilMs };
}

/** Counters that may overlap, unlike those of an aggregation: one that failed may be an anomaly too. */
export const PLAIN_COUNTS = `countIf(anomaly = 't') AS anomaly_count,
  countIf(confirmed = 't') AS confirmed_count,
  countIf(msm_failure = 't') AS failure_count,
  count() AS total_count`;
