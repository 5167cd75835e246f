/** Dates in query parameters (protocol, data 3.1). */

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$|^(\d{4})(\d{2})(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Milliseconds since 1970 of `YYYY-MM-DD` (also unpadded, or as eight digits) or
 * `YYYY-MM-DD[T or blank]HH:MM[:SS[.f]][Z or ±HH:MM]`; without offset UTC. Undefined for anything
 * else, days that do not exist included.
 */
export function parseDatetime(text: string): number | undefined {
  const date = DATE.exec(text);
  if (date !== null) {
    const [year, month, day] = date[1] === undefined ? date.slice(4, 7) : date.slice(1, 4);
    return dayMs(Number(year), Number(month), Number(day));
  }
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset = 'Z'] = match;
  const day0 = dayMs(Number(year), Number(month), Number(day));
  if (day0 === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return undefined;
  const offsetMinutes = parseOffset(offset);
  if (offsetMinutes === undefined) return undefined;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return (
    day0 + ((Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)) * 1000 + ms
  );
}

function dayMs(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** Minutes east of UTC. */
function parseOffset(text: string): number | undefined {
  if (/^z$/i.test(text)) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (text[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** `2026-07-11T17:44:07.000000Z` from ClickHouse's `2026-07-11T17:44:07Z`. */
export function withMicroseconds(iso: string): string {
  return iso.replace(/Z$/, '.000000Z');
}

/** As ClickHouse writes it, with a fraction of six digits where there is one and none where there is not. */
export function withFraction(iso: string): string {
  const match = /^(.*?)(?:\.(\d+))?Z$/.exec(iso);
  if (match === null) return iso;
  const fraction = match[2]?.replace(/0+$/, '') ?? '';
  return fraction === '' ? `${match[1]}Z` : `${match[1]}.${fraction.padEnd(6, '0')}Z`;
}
