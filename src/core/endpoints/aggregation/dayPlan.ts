/** Which days of an aggregation are answered from counts by day, and which from the rows. */
import { COUNTER_TABLES, type CounterTable, type NotedDay } from '../../sql/dayCounters.ts';
import { DAY_MS, dayText, startOfDayMs } from '../../time/days.ts';

/** What an aggregation needs of the columns, and its range in milliseconds since 1970. */
export interface Needs {
  readonly columns: readonly string[];
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Whole days, in milliseconds since 1970. */
export interface DayRange {
  readonly firstMs: number;
  readonly beforeMs: number;
}

/** Days that are counted by what the aggregation asks for. */
export interface CountedRange extends DayRange {
  readonly table: CounterTable;
}

/** Undefined where the rows must be read: there are no such counts, or no whole day. */
export function countedRange({ columns, sinceMs, untilMs }: Needs): CountedRange | undefined {
  const table = COUNTER_TABLES.find((each) =>
    columns.every((column) => each.columns.includes(column)),
  );
  const firstMs = startOfDayMs(clamp(sinceMs) + DAY_MS - 1);
  const beforeMs = startOfDayMs(clamp(untilMs));
  return table === undefined || beforeMs <= firstMs ? undefined : { table, firstMs, beforeMs };
}

/** The first of the days that the range touches, and the one after the last. */
export function touchedDays({ sinceMs, untilMs }: Needs): DayRange {
  const firstMs = startOfDayMs(clamp(sinceMs));
  return {
    firstMs,
    beforeMs: Math.max(firstMs, startOfDayMs(clamp(untilMs) + DAY_MS - 1)),
  };
}

/** As a DateTime column holds it. */
const clamp = (ms: number) => Math.min(Math.max(ms, 0), 0xffffffff * 1000);

/** What came in since a day was counted is not in its counts: for so long that is fine. */
const RECENT_MS = 3 * 60_000;
const OLDER_MS = 30 * 60_000;
/** How many days back measurements still come in all the time. */
const RECENT_DAYS = 2;

/** How old the counts of a day may be that has changed since; of each the longer, the older the day. */
function maxAgeMs(day: string, nowMs: number): number {
  return Date.parse(day) > nowMs - RECENT_DAYS * DAY_MS ? RECENT_MS : OLDER_MS;
}

/** Reading so many days anew for one answer costs more than it is worth. */
const MAX_READ_DAYS = 60;

/**
 * Days whose rows must be read, since their counts do not hold. Undefined where there are too many: then all
 * rows are read, as if nothing were counted.
 */
export function daysToRead(
  noted: readonly NotedDay[],
  range: DayRange,
  nowMs: number,
): string[] | undefined {
  const { first, before } = rangeDays(range);
  const days = noted
    .filter((each) => each.day >= first && each.day < before && isOutdated(each, nowMs))
    .map(({ day }) => day);
  return days.length > MAX_READ_DAYS ? undefined : days;
}

/** Its counts do not hold. Counted long ago, it had not changed when all were looked through. */
function isOutdated({ day, changed, counted_ms, looked_ms }: NotedDay, nowMs: number): boolean {
  if (changed === 0) return false;
  return counted_ms === 0 || nowMs - Math.max(counted_ms, looked_ms) > maxAgeMs(day, nowMs);
}

/** Days whose rows are more than their measurements, or may be: what is put in the place of their rows. */
export interface Corrections {
  /** Counts by day. */
  readonly counted: readonly string[];
  /** What FINAL counts. */
  readonly read: readonly string[];
}

export const NO_CORRECTIONS: Corrections = { counted: [], read: [] };

/** Rows that are read for an answer only to have each measurement once: a second of one processor. */
const MAX_CORRECTED_ROWS = 10_000_000;
/** What FINAL makes of a row costs as much as so many. */
const FINAL_ROWS = 10;

/** For sums over all rows, where versions of a measurement count each for itself; the latest days as far as the bound goes. */
export function corrections(noted: readonly NotedDay[], nowMs: number): Corrections {
  const counted: string[] = [];
  const read: string[] = [];
  let rowsLeft = MAX_CORRECTED_ROWS;
  for (const each of noted) {
    const days = isOutdated(each, nowMs) ? read : counted;
    rowsLeft -= each.rows * (days === read ? FINAL_ROWS : 1);
    if (rowsLeft < 0) break;
    days.push(each.day);
  }
  return { counted, read };
}

/**
 * Days whose rows must be read as FINAL reads them, which costs several times as much where parts overlap: of
 * all others it is known that no measurement has two rows.
 */
export function daysToMerge(noted: readonly NotedDay[], range: DayRange): DaysToMerge {
  const days = noted.map(({ day }) => day);
  return days.length < (range.beforeMs - range.firstMs) / DAY_MS ? days : 'all';
}

export type DaysToMerge = readonly string[] | 'all';

/**
 * Days whose versions of a measurement are taken together as they are read; the latest as far as the bound goes.
 * `planned`: the rows of notedDaysQuery; undefined where there are none to go by.
 */
export function daysOfVersions(planned: readonly object[] | undefined): string[] {
  const days: string[] = [];
  let rowsLeft = MAX_CORRECTED_ROWS;
  for (const { day, rows } of (planned ?? []) as readonly NotedDay[]) {
    rowsLeft -= rows;
    if (rowsLeft < 0) break;
    days.push(day);
  }
  return days;
}

/** Days to be counted now, in batches of one year and not too many rows each; the latest first. */
export function daysToCount(noted: readonly NotedDay[], nowMs: number): (readonly string[])[] {
  const due = noted.filter(
    ({ day, changed, counted_ms }) =>
      changed !== 0 && (counted_ms === 0 || nowMs - counted_ms > maxAgeMs(day, nowMs) / 3),
  );
  const batches: string[][] = [];
  let rowsLeft = 0;
  for (const { day, rows } of due) {
    const batch = batches.at(-1);
    const fits =
      batch !== undefined && batch[0]!.slice(0, 4) === day.slice(0, 4) && rows <= rowsLeft;
    if (fits) batch.push(day);
    else batches.push([day]);
    rowsLeft = (fits ? rowsLeft : BATCH_ROWS) - rows;
  }
  return batches;
}

const BATCH_ROWS = 4_000_000;

/** `YYYY-MM-DD` of both ends. */
export function rangeDays({ firstMs, beforeMs }: DayRange): { first: string; before: string } {
  return { first: dayText(firstMs), before: dayText(beforeMs) };
}
