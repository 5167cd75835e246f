/** Time windows over the tables of the analysis, whose times have milliseconds (protocol, data 7.1). */
import type { Conditions } from '../../sql/conditions.ts';
import { DAY_MS, startOfDayMs } from '../../time/days.ts';

export interface Window {
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** What is given, else the 30 days before today; each bound by itself, and none `ofAnyTime`. */
export function lastDays(
  given: { readonly since: number | undefined; readonly until: number | undefined },
  nowMs: number,
  ofAnyTime: boolean,
): Window {
  const todayMs = startOfDayMs(nowMs);
  return {
    sinceMs: given.since ?? (ofAnyTime ? undefined : todayMs - 30 * DAY_MS),
    untilMs: given.until ?? (ofAnyTime ? undefined : todayMs),
  };
}

/** Both bounds belong to the window where `bounds` do not say otherwise. */
export function addWindow(
  conditions: Conditions,
  { sinceMs, untilMs }: Window,
  column = 'measurement_start_time',
  bounds: { readonly since: '>=' | '>'; readonly until: '<=' | '<' } = { since: '>=', until: '<=' },
): void {
  if (sinceMs !== undefined)
    conditions.add(`${column} ${bounds.since} fromUnixTimestamp64Milli({since:Int64})`, {
      since: sinceMs,
    });
  if (untilMs !== undefined)
    conditions.add(`${column} ${bounds.until} fromUnixTimestamp64Milli({until:Int64})`, {
      until: untilMs,
    });
}
