/**
 * Rows in the order of the table's key, with what stands there more than once (parts not merged yet,
 * or scored again) taken together: versions of one measurement are neighbours in that order.
 */
import type { SearchKey } from './searchCursor.ts';
import type { SearchRow } from './searchSql.ts';

export interface Neighbours {
  /** The next row; gives back the measurement before it when that is complete. */
  push(row: SearchRow): SearchRow | undefined;
  /** The measurement whose versions may not all have come yet. */
  readonly last: SearchRow | undefined;
}

export function makeNeighbours(): Neighbours {
  let last: SearchRow | undefined;
  return {
    push(row) {
      const before = last;
      if (before === undefined || !isSame(before, row)) {
        last = row;
        return before;
      }
      if (row.updated_ms > before.updated_ms) last = row;
      return undefined;
    },
    get last() {
      return last;
    },
  };
}

export function searchKey(row: SearchRow): SearchKey {
  return {
    startS: Date.parse(row.measurement_start_time) / 1000,
    reportId: row.report_id,
    input: row.input,
    measurementUid: row.measurement_uid,
  };
}

function isSame(a: SearchRow, b: SearchRow): boolean {
  return (
    a.measurement_uid === b.measurement_uid &&
    a.report_id === b.report_id &&
    a.input === b.input &&
    a.measurement_start_time === b.measurement_start_time
  );
}
