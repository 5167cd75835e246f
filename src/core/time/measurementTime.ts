/**
 * The two forms of time in scoring: `YYYY-MM-DD HH:MM:SS` in measurements, and the receive time in
 * front of a measurement uid. Numbers without a leading zero are accepted, as the reference does.
 */

const DATE_TIME =
  /^(\d{4})-(1[0-2]|0?[1-9])-(3[01]|[12]\d|[0 ]?[1-9])\s+(2[0-3]|[01]?\d)(?::([0-5]?\d))(?::([0-5]?\d))$/;
const UID_TIME =
  /^(\d{4})(1[0-2]|0?[1-9])(3[01]|[12]\d|[0 ]?[1-9])(2[0-3]|[01]?\d)([0-5]?\d)([0-5]?\d)\.(\d{1,6})_$/;

/** First 22 characters of a uid: 14 digits, a point, six digits, an underscore. */
const UID_TIME_CHARS = 22;

/** Seconds since 1970 in UTC; undefined for anything but a real time in that form. */
export function parseDateTime(value: unknown): number | undefined {
  const found = typeof value === 'string' ? DATE_TIME.exec(value) : null;
  return found ? secondsOf(found) : undefined;
}

/** Receive time in a uid, in microseconds since 1970. */
export function parseUidTime(uid: string): number | undefined {
  const found = UID_TIME.exec(uid.slice(0, UID_TIME_CHARS));
  const seconds = found ? secondsOf(found) : undefined;
  if (!found || seconds === undefined) return undefined;
  return seconds * 1e6 + Number(found[7]!.padEnd(6, '0'));
}

/** The canonical text of a time. */
export function formatDateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Of year, month, day, hour, minute and second, which the match begins with. */
function secondsOf(found: RegExpExecArray): number | undefined {
  const part = (index: number) => Number(found[index]);
  const [year, month, day] = [part(1), part(2), part(3)];
  if (year === 0 || day > daysOf(year, month)) return undefined;
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  const later = Date.UTC(year + CYCLE_YEARS, month - 1, day, part(4), part(5), part(6));
  return later / 1000 - CYCLE_S;
}

/** The calendar repeats itself. */
const CYCLE_YEARS = 400;
const CYCLE_S = 146_097 * 86_400;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % CYCLE_YEARS === 0);
  return month === 2 && isLeap ? 29 : MONTH_DAYS[month - 1]!;
}
