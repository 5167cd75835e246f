/**
 * A job that fetches outside data: which files it wants, what a row of them must be, and what it
 * replaces. All of it is rules; where the files come from and where they go is for the edges.
 */

/** A file of a source. `name`: its path within the repository or folder, with `/`. */
export interface SourceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A row that is not as it should be. `line`: from 1, where the row begins. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

export interface TableContent {
  readonly table: string;
  /** Each row as a JSON text, in the order in which they are inserted. */
  readonly lines: readonly string[];
  /** Rows that concern a country, by its code in upper case; a row may concern several. */
  readonly byCountry: ReadonlyMap<string, number>;
}

export interface Content {
  readonly tables: readonly TableContent[];
  /** Rows of all tables; what a file that is no table has is not counted: 0. */
  readonly rows: number;
  /** SHA-256 of what was fetched, in hexadecimal (docs/sources.md). */
  readonly sha256: string;
  /** Rows that were left out. */
  readonly faults: readonly Fault[];
  /** Patterns that are regular expressions; they are timed before they are taken. */
  readonly regularExpressions: readonly string[];
}

export type Parsed =
  | { readonly kind: 'ok'; readonly content: Content }
  | { readonly kind: 'invalid'; readonly reason: string };

/** A table that a job replaces, and what its content must be like. */
export interface ReplacedTable {
  readonly table: string;
  /** An expression of SQL: the array of countries that a row concerns, in upper case. */
  readonly countries: string;
  /** Fewer rows are not believed; the config may say otherwise. */
  readonly leastRows: number;
  readonly mostRows: number;
}

export type JobName = 'fingerprints' | 'test-lists' | 'as-names' | 'geoip';

export interface Job {
  readonly name: JobName;
  /** How often its timer runs it. */
  readonly periodSeconds: number;
  /** The files that it needs by name; undefined: those of a folder or repository that it `wants`. */
  readonly files: readonly string[] | undefined;
  wants(path: string): boolean;
  parse(files: readonly SourceFile[]): Parsed;
  /** What is replaced: tables, or one file of the folder of sources. */
  readonly replaces:
    | { readonly kind: 'tables'; readonly tables: readonly ReplacedTable[] }
    | { readonly kind: 'file'; readonly file: string };
}

/** `name:line: problem`, as compilers say it. */
export function faultText({ file, line, problem }: Fault): string {
  return `${file}:${line}: ${problem}`;
}
