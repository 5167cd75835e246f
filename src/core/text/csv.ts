/**
 * CSV as readers of the data expect it (RFC 4180): columns in the order of their names, quoted only
 * where they must be, CRLF after every line. No rows: nothing, not even a header.
 */
import { ROWS_OF_PIECE } from '../json/pieces.ts';

export function csvText(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return [...csvPieces(rows)].join('');
}

/** The same in pieces. */
export function* csvPieces(rows: readonly Readonly<Record<string, unknown>>[]): Generator<string> {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0]!).sort();
  const line = (cells: readonly unknown[]) => `${cells.map(csvCell).join(',')}\r\n`;
  yield line(columns);
  for (let from = 0; from < rows.length; from += ROWS_OF_PIECE)
    yield rows
      .slice(from, from + ROWS_OF_PIECE)
      .map((row) => line(columns.map((column) => row[column])))
      .join('');
}

function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
