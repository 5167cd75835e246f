/** The results of a search, each measurement once, as they come from the database. */

import type { MeasurementSearch } from '../../../core/endpoints/measurements/measurementSearch.ts';
import { makeNeighbours, searchKey } from '../../../core/endpoints/measurements/neighbours.ts';
import {
  atTimesQuery,
  type FoundTime,
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

/** Throws QueryError, at any batch. */
export async function* searchRows(
  database: Database,
  search: MeasurementSearch,
  signal: AbortSignal,
): Batches<void> {
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
    const notMost = yield* pickedHere(database, search, start, page, signal);
    if (notMost === undefined) return;
    start = notMost;
  }
  yield* pickedThere(database, search, start, page, signal);
}

/** Until the page is full or nothing is left. Where less than half match after all: gives back from where on. */
async function* pickedHere(
  database: Database,
  search: MeasurementSearch,
  from: SearchStart | undefined,
  page: Page,
  signal: AbortSignal,
): Batches<SearchStart | undefined> {
  const matches = matchesVerdict(search);
  const anyVerdict = ofAnyVerdict(search);
  let start = from;
  let spare = spareRows(page.left) + (isByVerdict(search) ? spareToPick(page.skip + page.left) : 0);
  while (page.left > 0) {
    // One more than the page: only the row after the last one says that this is complete.
    const asked = page.skip + page.left + 1 + spare;
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
      searchQuery(anyVerdict, start, asked),
      signal,
    )) {
      found += batch.length;
      yield page.take(batch.flatMap((row) => complete(neighbours.push(row))));
    }
    const { last } = neighbours;
    if (found < asked) {
      yield page.take(complete(last));
      return undefined;
    }
    // Of the last one more versions may follow, were they ever so many.
    start = { key: searchKey(last!), inclusive: true };
    if (measurements < asked / 2) spare *= 2;
    if (matching < measurements / 2) return start;
  }
  return undefined;
}

/** In which seconds anything matches, and what was measured in those. */
async function* pickedThere(
  database: Database,
  search: MeasurementSearch,
  from: SearchStart | undefined,
  page: Page,
  signal: AbortSignal,
): Batches<void> {
  let start = from;
  let spare = spareRows(page.left);
  while (page.left > 0) {
    const wanted = page.skip + page.left;
    const asked = Math.min(wanted + spare, MAX_TIMES);
    const times = await database.rows<FoundTime>(timesQuery(search, start, asked), signal);
    const last = times.at(-1);
    if (last === undefined) return;
    let found = 0;
    const query = atTimesQuery(search, start, times, wanted);
    for await (const batch of database.batches<SearchRow>(query, signal)) {
      found += batch.length;
      yield page.take(batch);
    }
    if (times.length < asked) return;
    // All of its last second was looked at, or the page is full.
    start = { afterS: last.start_s };
    if (found < asked / 2) spare *= 2;
  }
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
