/** The results of a search, each measurement once, as they come from the database. */

import type { MeasurementSearch } from '../../../core/endpoints/measurements/measurementSearch.ts';
import { makeNeighbours, searchKey } from '../../../core/endpoints/measurements/neighbours.ts';
import {
  type SearchRow,
  type SearchStart,
  type SoughtKey,
  searchQuery,
  seekQuery,
} from '../../../core/endpoints/measurements/searchSql.ts';
import type { Database } from '../../database.ts';

/** So many results are read and left out; for more, their last one's key is asked for first. */
const MAX_SKIPPED = 200;
/** Rows beyond the page: repetitions are rare, and what is not needed costs little. */
const spareRows = (left: number) => 16 + Math.ceil(left / 64);

/** Throws QueryError, at any batch. */
export async function* searchRows(
  database: Database,
  search: MeasurementSearch,
  signal: AbortSignal,
): AsyncGenerator<SearchRow[]> {
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
  let spare = spareRows(left);
  while (left > 0) {
    // One more than the page: only the row after the last one says that this is complete.
    const asked = skip + left + 1 + spare;
    const neighbours = makeNeighbours();
    let found = 0;
    /** A result of the page; nothing for those before and after it. */
    const take = (row: SearchRow | undefined): readonly SearchRow[] => {
      if (row === undefined || left === 0) return [];
      if (skip > 0) {
        skip--;
        return [];
      }
      left--;
      return [row];
    };
    // Read to its end also when the page is full: a connection that is broken off is lost.
    for await (const batch of database.batches<SearchRow>(
      searchQuery(search, start, asked),
      signal,
    )) {
      found += batch.length;
      const rows = batch.flatMap((row) => take(neighbours.push(row)));
      if (rows.length > 0) yield rows;
    }
    if (found < asked) {
      const rows = take(neighbours.last);
      if (rows.length > 0) yield [...rows];
      return;
    }
    // Many versions of few measurements: more of the last one's may follow, were they ever so many.
    start = { key: searchKey(neighbours.last!), inclusive: true };
    spare *= 2;
  }
}

function soughtKey(row: SoughtKey) {
  return {
    startS: row.start_s,
    reportId: row.report_id,
    input: row.input,
    measurementUid: row.measurement_uid,
  };
}
