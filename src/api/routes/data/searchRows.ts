/** The results of a search, each measurement once, as they come from the database. */

import type { MeasurementSearch } from '../../../core/endpoints/measurements/measurementSearch.ts';
import { makeNeighbours, searchKey } from '../../../core/endpoints/measurements/neighbours.ts';
import {
  makeSearchPaces,
  type Nearby,
  type Seen,
} from '../../../core/endpoints/measurements/searchPaces.ts';
import {
  type FoundTime,
  lastVersionsQuery,
  type SearchRow,
  type SearchStart,
  type SoughtKey,
  searchQuery,
  seekQuery,
  timesQuery,
} from '../../../core/endpoints/measurements/searchSql.ts';
import {
  isByVerdict,
  isMostlyMatched,
  matchesVerdict,
  ofAnyVerdict,
} from '../../../core/endpoints/measurements/verdictFilter.ts';
import type { Query } from '../../../core/sql/query.ts';
import type { Database } from '../../database.ts';

/** So many results are read and left out; for more, their last one's key is asked for first. */
const MAX_SKIPPED = 200;
/** Rows beyond the page: repetitions are rare, and what is not needed costs little. */
const spareRows = (left: number) => 16 + Math.ceil(left / 64);

/** Where rows are picked here: one in five may not match, and a page of a hundred is one query all the same. */
const MAX_SPARE_TO_PICK = 1_000;
const spareToPick = (page: number) => Math.min(Math.ceil(page / 4), MAX_SPARE_TO_PICK);

/** Seconds that are looked at in one query: a value of a query has a bound of 128 KiB. */
const MAX_TIMES = 5_000;

/** What is still missing of a page. */
interface Page {
  /** Results before the page. */
  skip: number;
  left: number;
  /** Those results that are of the page; nothing of those before and after it. */
  take(rows: readonly SearchRow[]): readonly SearchRow[];
}

type Batches<Result> = AsyncGenerator<readonly SearchRow[], Result>;

/** Rows that the server may read for a page with all their columns; where more are, it is asked for their times first. */
const MAX_READ_AT_ONCE = 65_536;

export interface Searches {
  /** Throws QueryError, at any batch. */
  rows(search: MeasurementSearch, signal: AbortSignal): Batches<void>;
}

/** What all queries of one search need. */
interface Asking {
  readonly database: SearchDatabase;
  readonly signal: AbortSignal;
  /** Of a search from a place on: where its next rows should be, and what became of it. */
  paceFrom(search: MeasurementSearch, start: SearchStart | undefined): Pace;
}
type SearchDatabase = Pick<Database, 'ask' | 'batches' | 'rows'>;
interface Pace {
  nearby(rows: number): Nearby | undefined;
  note(seen: Seen): void;
}

export function makeSearches(parts: {
  readonly database: SearchDatabase;
  readonly nowMs: () => number;
}): Searches {
  const { database } = parts;
  const paces = makeSearchPaces();
  return {
    rows(search, signal) {
      const nowMs = parts.nowMs();
      const paceFrom: Asking['paceFrom'] = (some, start) => ({
        nearby: (rows) => paces.nearby(some, start, rows, nowMs),
        note: (seen) => paces.note(some, start, seen, nowMs),
      });
      return searchRows({ database, signal, paceFrom }, search);
    },
  };
}

async function* searchRows(asking: Asking, search: MeasurementSearch): Batches<void> {
  const { database, signal } = asking;
  const { cursor } = search;
  let start: SearchStart | undefined = cursor && { key: cursor.key, inclusive: false };
  const page = makePage(search.offset - (cursor?.place ?? 0), search.limit);
  if (page.skip > MAX_SKIPPED) {
    const [sought] = await database.rows<SoughtKey>(seekQuery(search, start, page.skip), signal);
    if (sought === undefined) return;
    start = { key: soughtKey(sought), inclusive: false };
    page.skip = 0;
  }
  // A measurement that was scored again counts as it was scored last. Where most rows match, all come, and it is seen here;
  // what the database picks by its verdict may be a former version: that says no more than where to look.
  if (!isByVerdict(search) || isMostlyMatched(search)) {
    const notMost = yield* pickedHere(asking, search, start, page);
    if (notMost === undefined) return;
    start = notMost;
  }
  yield* pickedThere(asking, search, start, page);
}

/** Until the page is full or nothing is left. Where less than half match after all: gives back from where on. */
async function* pickedHere(
  { database, signal, paceFrom }: Asking,
  search: MeasurementSearch,
  from: SearchStart | undefined,
  page: Page,
): Batches<SearchStart | undefined> {
  const matches = matchesVerdict(search);
  const anyVerdict = ofAnyVerdict(search);
  const pace = paceFrom(anyVerdict, from);
  let start = from;
  let spare = spareRows(page.left) + (isByVerdict(search) ? spareToPick(page.skip + page.left) : 0);
  let seenRows = 0;
  for (let isFirst = true; page.left > 0; isFirst = false) {
    // One more than the page: only the row after the last one says that this is complete.
    const asked = page.skip + page.left + 1 + spare;
    const nearby = isFirst ? pace.nearby(asked) : undefined;
    const neighbours = makeNeighbours();
    let found = 0;
    let measurements = 0;
    let matching = 0;
    const complete = (row: SearchRow | undefined): readonly SearchRow[] => {
      if (row === undefined) return [];
      measurements++;
      if (!matches(row)) return [];
      matching++;
      return [row];
    };
    // Read to its end also when the page is full: a connection that is broken off is lost.
    for await (const batch of database.batches<SearchRow>(
      searchQuery(nearby?.search ?? anyVerdict, start, asked),
      signal,
    )) {
      found += batch.length;
      yield page.take(batch.flatMap((row) => complete(neighbours.push(row))));
    }
    const { last } = neighbours;
    seenRows += found;
    const isAll = found < asked;
    const reachedS = isAll ? nearby?.endS : searchKey(last!).startS;
    pace.note({ rows: seenRows, reachedS, readRows: undefined });
    if (isAll) {
      yield page.take(complete(last));
      if (nearby === undefined) return undefined;
      start = nearby.rest;
      continue;
    }
    // Of the last one more versions may follow, were they ever so many.
    start = { key: searchKey(last!), inclusive: true };
    if (measurements < asked / 2) spare *= 2;
    if (matching < measurements / 2) return start;
  }
  return undefined;
}

/** In which seconds anything matches, and what was measured in those; at once where that is little to read. */
async function* pickedThere(
  asking: Asking,
  search: MeasurementSearch,
  from: SearchStart | undefined,
  page: Page,
): Batches<void> {
  const pace = asking.paceFrom(search, from);
  let start = from;
  let spare = spareRows(page.left);
  let seenRows = 0;
  for (let isFirst = true; page.left > 0; isFirst = false) {
    const wanted = page.skip + page.left;
    const asked = Math.min(wanted + spare, MAX_TIMES);
    const nearby = isFirst ? pace.nearby(asked) : undefined;
    if (nearby?.readRows !== undefined && nearby.readRows <= MAX_READ_AT_ONCE) {
      const query = lastVersionsQuery(nearby.search, start, wanted);
      const { found, lastS } = yield* taken(asking, query, page);
      seenRows += found;
      const reachedS = page.left === 0 && lastS !== undefined ? lastS : nearby.endS;
      pace.note({ rows: seenRows, reachedS, readRows: undefined });
      start = nearby.rest;
      continue;
    }
    const within = nearby?.search ?? search;
    const { rows: times, statistics } = await asking.database.ask<FoundTime>(
      timesQuery(within, start, asked),
      asking.signal,
    );
    seenRows += times.length;
    const last = times.at(-1);
    const isAll = times.length < asked;
    const reachedS = isAll ? nearby?.endS : last?.start_s;
    pace.note({ rows: seenRows, reachedS, readRows: isFirst ? statistics.readRows : undefined });
    if (last !== undefined) {
      const query = lastVersionsQuery(within, start, wanted, times);
      const { found } = yield* taken(asking, query, page);
      if (found < asked / 2) spare *= 2;
      // All of its last second was looked at, or the page is full.
      start = { afterS: last.start_s };
    }
    if (!isAll) continue;
    if (nearby === undefined) return;
    start = nearby.rest;
  }
}

/** The results of a query that are of the page; gives back how many came, and the last one's second. */
async function* taken(
  { database, signal }: Asking,
  query: Query,
  page: Page,
): Batches<{ readonly found: number; readonly lastS: number | undefined }> {
  let found = 0;
  let last: SearchRow | undefined;
  for await (const batch of database.batches<SearchRow>(query, signal)) {
    found += batch.length;
    last = batch.at(-1) ?? last;
    yield page.take(batch);
  }
  return { found, lastS: last && searchKey(last).startS };
}

function makePage(skip: number, left: number): Page {
  return {
    skip,
    left,
    take(rows) {
      const taken = rows.slice(this.skip, this.skip + this.left);
      this.skip = Math.max(0, this.skip - rows.length);
      this.left -= taken.length;
      return taken;
    },
  };
}

function soughtKey(row: SoughtKey) {
  return {
    startS: row.start_s,
    reportId: row.report_id,
    input: row.input,
    measurementUid: row.measurement_uid,
  };
}
