import { parse } from 'csv-parse/sync';

/** What a known block page or injected answer looks like (protocol, scoring 4.1). */
export interface Fingerprint {
  readonly name: string;
  /** Who puts it there: nat, isp, prod, inst, vbw, fp, injb, prov. */
  readonly scope: string;
  /** `dns`, `body`, or `header.<lower-case name>`. */
  readonly locationFound: string;
  /** full, prefix, contains or regexp. */
  readonly patternType: string;
  readonly pattern: string;
  readonly confidenceNoFp: number;
  /** Upper-case country codes, sorted, each once. */
  readonly expectedCountries: readonly string[];
}

/** Both tables, each in its order. */
export interface FingerprintTables {
  /** Of the set, where it is a published one (docs/sources.md); undefined: the tables were filled by hand. */
  readonly sha256?: string | undefined;
  readonly dns: readonly Fingerprint[];
  readonly http: readonly Fingerprint[];
}

/** A table or CSV file of fingerprints is not one. Names the row and the column. */
export class FingerprintError extends Error {
  override readonly name = 'FingerprintError';
}

const TEXT_COLUMNS = ['name', 'scope', 'location_found', 'pattern_type', 'pattern'] as const;
const NUMBER_COLUMN = 'confidence_no_fp';
const COUNTRIES_COLUMN = 'expected_countries';
const COLUMNS = [...TEXT_COLUMNS, NUMBER_COLUMN, COUNTRIES_COLUMN];

/** Fingerprints of a CSV file, in file order. The first line names the columns, in any order. */
export function parseFingerprintsCsv(text: string): Fingerprint[] {
  const rows = readCsv(text);
  return rows.map((row, i) => {
    try {
      return fingerprintFromRow(row);
    } catch (error) {
      if (!(error instanceof FingerprintError)) throw error;
      throw new FingerprintError(`fingerprints CSV, row ${i + 1}: ${error.message}`);
    }
  });
}

/** One fingerprint from a row of the ClickHouse tables, whose columns are those of the CSV. */
export function fingerprintFromRow(row: Record<string, unknown>): Fingerprint {
  const [name, scope, locationFound, patternType, pattern] = TEXT_COLUMNS.map((column) =>
    textCell(row, column),
  ) as [string, string, string, string, string];
  return {
    name,
    scope,
    locationFound,
    patternType,
    pattern: withUnixLineBreaks(pattern),
    confidenceNoFp: integerCell(row, NUMBER_COLUMN),
    expectedCountries: parseCountries(textCell(row, COUNTRIES_COLUMN)),
  };
}

function readCsv(text: string): Record<string, string>[] {
  let header: string[] = [];
  let rows: Record<string, string>[];
  try {
    rows = parse(text, {
      bom: true,
      columns: (names: string[]) => {
        header = names;
        return names;
      },
    });
  } catch (error) {
    throw new FingerprintError(`fingerprints CSV: ${(error as Error).message}`, { cause: error });
  }
  const missing = COLUMNS.find((column) => !header.includes(column));
  if (missing) throw new FingerprintError(`fingerprints CSV, header: column ${missing} is missing`);
  return rows;
}

function textCell(row: Record<string, unknown>, column: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  if (typeof value === 'string') return value;
  throw new FingerprintError(`column ${column}: expected text, found ${value ?? 'nothing'}`);
}

/** ClickHouse sends large integers as text. */
function integerCell(row: Record<string, unknown>, column: string): number {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new FingerprintError(
    `column ${column}: expected an integer, found ${JSON.stringify(value) ?? 'nothing'}`,
  );
}

/** The files end lines with CRLF, also within patterns. Published scores matched those as LF. */
function withUnixLineBreaks(pattern: string): string {
  return pattern.replace(/\r\n?/g, '\n');
}

/** `ZZ` is no country. Blanks within the list stay: published scores show them. */
function parseCountries(list: string): readonly string[] {
  const countries = new Set(
    list
      .trim()
      .split(',')
      .map((code) => code.toUpperCase()),
  );
  countries.delete('');
  countries.delete('ZZ');
  return [...countries].sort();
}
