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

function secondsOf(found: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year === 0) return undefined;
  const date = new Date(0);
  // Date.UTC would read the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // 30 February would have become a day in March.
  return date.getUTCDate() === day ? date.getTime() / 1000 : undefined;
}
