/** CSV files of sources: records with the line that each begins at. */
import { CsvError, parse } from 'csv-parse/sync';
import type { SourceFile } from './job.ts';

export interface CsvRecord {
  /** From 1. */
  readonly line: number;
  readonly row: Readonly<Record<string, string>>;
}

export type CsvRecords =
  | { readonly kind: 'ok'; readonly records: readonly CsvRecord[] }
  | { readonly kind: 'invalid'; readonly reason: string };

const LINE_FEED = 0x0a;

/** What a server sends in place of a file, with status 200. */
const MARKUP = /^\s*<(!doctype|html|\?xml|head|body)/i;

/**
 * The first line names the columns, in any order; `columns` must be among them. `mostRecords`: what is behind
 * them is not read, and the file is refused: records take many times the memory of their bytes.
 */
export function csvRecords(
  { name, bytes }: SourceFile,
  columns: readonly string[],
  options: { readonly strictUtf8: boolean; readonly mostRecords: number },
): CsvRecords {
  const invalid = (reason: string): CsvRecords => ({ kind: 'invalid', reason: `${name}${reason}` });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: options.strictUtf8 }).decode(bytes);
  } catch {
    return invalid(': expected text in UTF-8');
  }
  const expected = `expected CSV with the columns ${columns.join(', ')}`;
  if (MARKUP.test(text.slice(0, 1000)))
    return invalid(`: ${expected}, found a page of HTML or XML`);
  if (text.includes('\0')) return invalid(`: ${expected}, found bytes that are no text`);
  let header: readonly string[] = [];
  let parsed: readonly { record: Record<string, string>; info: { bytes: number } }[];
  try {
    // The types of the library do not know `info` together with `columns`.
    parsed = parse(text, {
      bom: true,
      info: true,
      to: options.mostRecords + 1,
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
    return { line: begins, row: record };
  });
  return { kind: 'ok', records };
}
