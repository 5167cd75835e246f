/** How a benchmark hands a row to the table of `make bench`; run by itself it has nobody to hand it to. */
import { appendFileSync } from 'node:fs';
import type { BenchRow } from './table.ts';

/** Where the rows of a run are gathered, one JSON object a line. */
export const ROWS_FILE = 'BENCH_ROWS';

export function reportRow(row: BenchRow): void {
  const file = process.env[ROWS_FILE];
  if (!(row.value > 0) || (row.limit !== undefined && !(row.limit > 0)))
    throw new Error(`${row.name}: nothing was measured: ${JSON.stringify(row)}`);
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}
