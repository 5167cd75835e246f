/** Names of hours and days, UTC, as folders, objects and logs have them: they sort as time does. */

export const HOUR_MS = 3_600_000;

/** `YYYYMMDDHH` of an instant in milliseconds since 1970. */
export function hourName(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 13).replace(/[-T]/g, '');
}

/** `YYYYMMDD` of an instant in milliseconds since 1970. */
export function dayName(atMs: number): string {
  return hourName(atMs).slice(0, 8);
}

/** First moment of an hour `YYYYMMDDHH` in milliseconds since 1970. */
export function hourStartMs(hour: string): number {
  return Date.UTC(
    Number(hour.slice(0, 4)),
    Number(hour.slice(4, 6)) - 1,
    Number(hour.slice(6, 8)),
    Number(hour.slice(8, 10)),
  );
}

/** Is it an hour of the calendar? 30 February would be a day in March, and hour 24 one of the next day. */
export function isHour(hour: string): boolean {
  return hourName(hourStartMs(hour)) === hour;
}

/** `YYYY-MM-DD` of a day `YYYYMMDD`. */
export function dashed(day: string): string {
  return `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`;
}
