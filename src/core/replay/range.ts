/** The time that a replay covers, in whole hours of UTC: `YYYYMMDDHH`, which sorts as time does. */
import { HOUR_MS, hourName, hourStartMs, isHour } from '../time/hours.ts';

export interface HourRange {
  /** First hour. */
  readonly since: string;
  /** First hour after it. */
  readonly until: string;
}

const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d)(?::00)?Z?)?$/;

/** The hour `YYYYMMDDHH` of `YYYY-MM-DD` (its first) or `YYYY-MM-DDTHH`; undefined for other texts. */
export function parseHour(text: string): string | undefined {
  const match = MOMENT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00'] = match;
  const found = `${year}${month}${day}${hour}`;
  return isHour(found) ? found : undefined;
}

/** `hours` later than the hour `YYYYMMDDHH`. */
export function addHours(hour: string, hours: number): string {
  return hourName(hourStartMs(hour) + hours * HOUR_MS);
}

/** The days `YYYYMMDD` of which the range has at least an hour, in order. */
export function* daysOf(range: HourRange): Generator<string> {
  for (let day = `${range.since.slice(0, 8)}00`; day < range.until; day = addHours(day, 24))
    yield day.slice(0, 8);
}

/** The hours `YYYYMMDDHH` of a day that the range has. */
export function* hoursOf(range: HourRange, day: string): Generator<string> {
  for (let index = 0; index < 24; index++) {
    const hour = `${day}${String(index).padStart(2, '0')}`;
    if (hour >= range.since && hour < range.until) yield hour;
  }
}
