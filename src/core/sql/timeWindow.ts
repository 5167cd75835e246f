/** Conditions on time: one form for each type that the tables' times have. */
import type { Conditions } from './conditions.ts';
import type { Query } from './query.ts';

/** `since <= start time < until` of a DateTime, with the values of `windowValues`. */
export const IN_WINDOW = `measurement_start_time >= toDateTime({since:UInt32}, 'UTC')
  AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')`;

/** Bounds at whole seconds. */
export function windowValues(window: {
  readonly sinceMs: number;
  readonly untilMs: number;
}): Query['values'] {
  return { since: window.sinceMs / 1000, until: window.untilMs / 1000 };
}

/** A bound that is undefined bounds nothing. */
export interface OpenWindow {
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** On a DateTime64(3). Both bounds belong to the window where `bounds` do not say otherwise. */
export function addWindow(
  conditions: Conditions,
  { sinceMs, untilMs }: OpenWindow,
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
