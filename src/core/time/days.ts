/** Days and months, UTC. Instants are milliseconds since 1970. */
export const DAY_MS = 86_400_000;

export function startOfDayMs(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** The first instant of a month, so many months after the one of `atMs`. */
export function startOfMonthMs(atMs: number, monthsLater = 0): number {
  const at = new Date(atMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + monthsLater, 1);
}

/** The same day so many months earlier, or the last one of a month that is shorter. */
export function monthsBeforeMs(atMs: number, months: number): number {
  const month = startOfMonthMs(atMs, -months);
  const days = (startOfMonthMs(month, 1) - month) / DAY_MS;
  const day = new Date(atMs).getUTCDate();
  return month + (Math.min(day, days) - 1) * DAY_MS + (atMs - startOfDayMs(atMs));
}

/** `YYYY-MM-DD`. */
export function dayText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Every day from the first to the last, both included, as text. */
export function dayTexts(firstMs: number, lastMs: number): string[] {
  const days: string[] = [];
  for (let atMs = startOfDayMs(firstMs); atMs <= lastMs; atMs += DAY_MS) days.push(dayText(atMs));
  return days;
}

/** `YYYY-MM-DDT00:00:00+00:00` of a day, as series of months and some of days have it. */
export function dayWithZone(day: string): string {
  return `${day}T00:00:00+00:00`;
}
