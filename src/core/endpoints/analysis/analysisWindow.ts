/** Time windows over the tables of the analysis, whose times have milliseconds (protocol, data 7.1). */
import type { OpenWindow } from '../../sql/timeWindow.ts';
import { DAY_MS, startOfDayMs } from '../../time/days.ts';

/** What is given, else the 30 days before today; each bound by itself, and none `ofAnyTime`. */
export function lastDays(
  given: { readonly since: number | undefined; readonly until: number | undefined },
  nowMs: number,
  ofAnyTime: boolean,
): OpenWindow {
  const todayMs = startOfDayMs(nowMs);
  return {
    sinceMs: given.since ?? (ofAnyTime ? undefined : todayMs - 30 * DAY_MS),
    untilMs: given.until ?? (ofAnyTime ? undefined : todayMs),
  };
}
