/** The results of a search, each measurement once, as they come from the database. */

import type { MeasurementSearch } from '../../../core/endpoints/measurements/measurementSearch.ts';
import {
  makeNeighbours,
  searchKey,
  type Version,
  withoutFormer,
} from '../../../core/endpoints/measurements/neighbours.ts';
import {
  otherVersionsQuery,
  type SearchRow,
  type SearchStart,
  type SoughtKey,
  searchQuery,
  seekQuery,
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

/** Results that are looked up again at once: their uids are one value of a query, which has a bound of 128 KiB. */
const MAX_CHECKED = 1_000;

/** Throws QueryError, at any batch. */
export async function* searchRows(
  database: Database,
  search: MeasurementSearch,
  signal: AbortSignal,
): AsyncGenerator<readonly SearchRow[]> {
  const { cursor } = search;
  let start: SearchStart | undefined = cursor && { key: cursor.key, inclusive: false };
  let skip = search.offset - (cursor?.place ?? 0);
  if (skip > MAX_SKIPPED) {
    const [sought] = await database.rows<SoughtKey>(seekQuery(search, start, skip), signal);
    if (sought === undefined) return;
    start = { key: soughtKey(sought), inclusive: false };
    skip = 0;
  }
  let left = search.limit;
  /** Those results that are of the page; nothing of those before and after it. */
  const take = (rows: readonly SearchRow[]): readonly SearchRow[] => {
    const taken = rows.slice(skip, skip + left);
    skip = Math.max(0, skip - rows.length);
    left -= taken.length;
    return taken;
  };
  const isFiltered = isByVerdict(search);
  const matches = matchesVerdict(search);
  const anyVerdict = ofAnyVerdict(search);
  // Where most rows match, all come, and the last version of each says here whether it does. What the database picks
  // may be a former version of a measurement that was scored otherwise later: that is looked up.
  let isPickedHere = !isFiltered || isMostlyMatched(search);
  let spare = spareRows(left) + (isFiltered && isPickedHere ? spareToPick(skip + left) : 0);
  while (left > 0) {
    // One more than the page: only the row after the last one says that this is complete.
    const page = skip + left + 1;
    const asked = (isPickedHere ? page : Math.min(page, MAX_CHECKED)) + spare;
    const query = searchQuery(isPickedHere ? anyVerdict : search, start, asked);
    const neighbours = makeNeighbours();
    let found = 0;
    let measurements = 0;
    let matching = 0;
    let waiting: SearchRow[] = [];
    const add = (complete: SearchRow) => {
      measurements++;
      if (!matches(complete)) return;
      matching++;
      waiting.push(complete);
    };
    // Read to its end also when the page is full: a connection that is broken off is lost.
    for await (const batch of database.batches<SearchRow>(query, signal)) {
      found += batch.length;
      for (const row of batch) {
        const complete = neighbours.push(row);
        if (complete !== undefined) add(complete);
      }
      if (!isPickedHere) continue;
      yield take(waiting);
      waiting = [];
    }
    const { last } = neighbours;
    const isEnd = found < asked;
    if (isEnd && last !== undefined) add(last);
    // Not while the first query is open: it has one of few connections, and others wait for those too.
    for (let at = 0; at < waiting.length && left > 0; at += MAX_CHECKED) {
      const some = waiting.slice(at, at + MAX_CHECKED);
      yield take(isPickedHere ? some : await asScoredLast(database, search, some, signal));
    }
    if (isEnd) return;
    // Of the last one more versions may follow, were they ever so many.
    start = { key: searchKey(last!), inclusive: true };
    if (measurements < asked / 2) spare *= 2;
    // Not most after all.
    if (matching < measurements / 2) isPickedHere = false;
  }
}

async function asScoredLast(
  database: Database,
  search: MeasurementSearch,
  rows: readonly SearchRow[],
  signal: AbortSignal,
): Promise<readonly SearchRow[]> {
  const others = await database.rows<Version>(otherVersionsQuery(search, rows), signal);
  return withoutFormer(rows, others);
}

function soughtKey(row: SoughtKey) {
  return {
    startS: row.start_s,
    reportId: row.report_id,
    input: row.input,
    measurementUid: row.measurement_uid,
  };
}
