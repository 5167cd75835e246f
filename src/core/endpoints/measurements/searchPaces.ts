/**
 * How many seconds a row of a search took, so that the next page of the same search is first looked for in the seconds where it
 * should be: parts of the table that lie beyond are not opened for it (docs/design/search.md). What is kept here
 * decides what a page costs, never what is on it. One process's own; it has a bound, and begins empty.
 */
import { clampSeconds } from '../../sql/query.ts';
import type { MeasurementSearch } from './measurementSearch.ts';
import type { SearchStart } from './searchSql.ts';

/** What a search has seen, from its beginning on. */
export interface Seen {
  readonly rows: number;
  /** It is complete up to here; seconds since 1970. Undefined: to the end of the search. */
  readonly reachedS: number | undefined;
  /** Rows that the server read to find these; undefined: not known. */
  readonly readRows: number | undefined;
}

/** Where so many rows should be found. */
export interface Nearby {
  /** The search up to there. */
  readonly search: MeasurementSearch;
  /** What that leaves. */
  readonly rest: SearchStart;
  /** The second that it is complete with. */
  readonly endS: number;
  /** What the server may have to read for that; undefined: not known. */
  readonly readRows: number | undefined;
}

export interface SearchPaces {
  /** Undefined: nothing is known of this search, or looking nearby would save little. */
  nearby(
    search: MeasurementSearch,
    start: SearchStart | undefined,
    rows: number,
    nowMs: number,
  ): Nearby | undefined;
  /** Of what was seen of a search from `start` on. */
  note(search: MeasurementSearch, start: SearchStart | undefined, seen: Seen, nowMs: number): void;
}

interface Pace {
  readonly secondsOfRow: number;
  readonly readOfRow: number | undefined;
}

/** Searches whose pace is kept, those that were used last. */
const MAX_PACES = 1_000;
/** A search of more text is not kept. */
const MAX_KEY_CHARS = 1_000;
/** So much further is looked than rows went last time. */
const MARGIN = 2;
/** Less than this share of the whole time, or all of it is looked at: a page that is not found takes one more query. */
const MAX_SHARE = 0.5;

/** The seconds that a search goes over, in its direction. */
interface Way {
  readonly key: string;
  readonly fromS: number;
  readonly seconds: number;
}

export function makeSearchPaces(): SearchPaces {
  const paces = new Map<string, Pace>();
  return {
    nearby(search, start, rows, nowMs) {
      const way = wayOf(search, start, nowMs);
      const pace = way && paces.get(way.key);
      if (way === undefined || pace === undefined) return undefined;
      const seconds = Math.ceil(pace.secondsOfRow * rows * MARGIN);
      if (!(seconds > 0 && seconds < way.seconds * MAX_SHARE)) return undefined;
      const readRows = pace.readOfRow === undefined ? undefined : pace.readOfRow * rows;
      if (!search.descending) {
        const endS = way.fromS + seconds;
        return {
          search: { ...search, untilMs: endS * 1000 },
          rest: { afterS: endS },
          endS,
          readRows,
        };
      }
      // `since` itself is not in the range.
      const endS = way.fromS - seconds;
      return {
        search: { ...search, sinceMs: endS * 1000 },
        rest: { afterS: endS + 1 },
        endS,
        readRows,
      };
    },
    note(search, start, { rows, reachedS, readRows }, nowMs) {
      const way = wayOf(search, start, nowMs);
      if (way === undefined) return;
      const passed = reachedS === undefined ? way.seconds : reachedS - way.fromS;
      const seconds = Math.max(Math.abs(passed), 1);
      const readOfRow =
        readRows === undefined ? paces.get(way.key)?.readOfRow : readRows / Math.max(rows, 1);
      paces.delete(way.key);
      paces.set(way.key, { secondsOfRow: seconds / Math.max(rows, 1), readOfRow });
      if (paces.size > MAX_PACES) paces.delete(paces.keys().next().value!);
    },
  };
}

/** Undefined where it has no beginning and end. */
function wayOf(
  search: MeasurementSearch,
  start: SearchStart | undefined,
  nowMs: number,
): Way | undefined {
  const { sinceMs, untilMs, descending, offset, cursor, limit, ...filter } = search;
  if (sinceMs === undefined || untilMs === undefined) return undefined;
  // From now back the newest are missing that have not come in yet: these pages have a pace of their own.
  const isNewest = descending && start === undefined && untilMs > nowMs;
  const fromMs = descending ? (isNewest ? nowMs : untilMs) : sinceMs;
  const fromS = startS(start) ?? clampSeconds(fromMs);
  const toS = clampSeconds(descending ? sinceMs : untilMs);
  const key = JSON.stringify([descending, isNewest, filter]);
  if (key.length > MAX_KEY_CHARS) return undefined;
  return { key, fromS, seconds: descending ? fromS - toS : toS - fromS };
}

function startS(start: SearchStart | undefined): number | undefined {
  if (start === undefined) return undefined;
  return 'key' in start ? start.key.startS : start.afterS;
}
