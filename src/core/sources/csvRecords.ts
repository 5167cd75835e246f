/** CSV files of sources: records with the line that each begins at. */
import { CsvError, parse } from 'csv-parse/sync';
import type { SourceFile } from './job.ts';

export interface CsvRecord {
  /** From 1. */
  readonly line: number;
  /** Cells by column; of a record that is too short some are not there. */
  readonly row: Readonly<Record<string, string | undefined>>;
  /** It has more or fewer cells than there are columns, which is said here; only where files may be `loose`. */
  readonly uneven?: string;
}

export type CsvRecords =
  | { readonly kind: 'ok'; readonly records: readonly CsvRecord[] }
  | { readonly kind: 'invalid'; readonly reason: string };

const LINE_FEED = 0x0a;

const LOOSE = {
  relax_column_count: true,
  relax_quotes: true,
  record_delimiter: ['\r\n', '\n'],
};

/** What the library says of a record; `error`: that its number of cells is not that of the columns. */
interface ParsedInfo {
  readonly bytes: number;
  readonly error: CsvError | undefined;
}

function uneven(header: readonly string[], { record }: CsvError): string {
  const found = Array.isArray(record) ? record.length : 'another number';
  return `expected ${header.length} cells, found ${found}`;
}

/** What a server sends in place of a file, with status 200. */
const MARKUP = /^\s*<(!doctype|html|\?xml|head|body)/i;

/**
 * The first line names the columns, in any order; `columns` must be among them. `mostRecords`: what is behind
 * them is not read, and the file is refused: records take many times the memory of their bytes. `loose`: as many
 * hands write it. Bytes that are no UTF-8, quotes within a cell, lines that end in two ways and records with too
 * many or too few cells are then no fault of the whole file.
 */
export function csvRecords(
  { name, bytes }: SourceFile,
  columns: readonly string[],
  options: { readonly loose: boolean; readonly mostRecords: number },
): CsvRecords {
  const invalid = (reason: string): CsvRecords => ({ kind: 'invalid', reason: `${name}${reason}` });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: !options.loose }).decode(bytes);
  } catch {
    return invalid(': expected text in UTF-8');
  }
  const expected = `expected CSV with the columns ${columns.join(', ')}`;
  if (MARKUP.test(text.slice(0, 1000)))
    return invalid(`: ${expected}, found a page of HTML or XML`);
  if (text.includes('\0')) return invalid(`: ${expected}, found bytes that are no text`);
  let header: readonly string[] = [];
  let parsed: readonly { record: Record<string, string>; info: ParsedInfo }[];
  try {
    // The types of the library do not know `info` together with `columns`.
    parsed = parse(text, {
      bom: true,
      info: true,
      to: options.mostRecords + 1,
      ...(options.loose ? LOOSE : {}),
      columns: (names: string[]) => {
        header = names;
        return names;
      },
    }) as unknown as typeof parsed;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return invalid(`:${Number(error.lines ?? 1)}: ${expected}: ${error.message}`);
  }
  if (parsed.length > options.mostRecords)
    return invalid(`: expected ${options.mostRecords} rows at most`);
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) return invalid(`:1: ${expected}: ${missing.join(', ')} not there`);
  const encoded = Buffer.from(text);
  // The library counts CRLF within quotes twice.
  let line = 2;
  let end = encoded.indexOf(LINE_FEED) + 1;
  const records = parsed.map(({ record, info }) => {
    const begins = line;
    for (; end < info.bytes; end++) if (encoded[end] === LINE_FEED) line++;
    return info.error === undefined
      ? { line: begins, row: record }
      : { line: begins, row: record, uneven: uneven(header, info.error) };
  });
  return { kind: 'ok', records };
}
