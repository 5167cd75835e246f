/** Scores what was published again, and compares with the rows that the database (or an export) has. */
import { isDeepStrictEqual } from 'node:util';
import type { PublishedLeaf } from '../../core/archive/leaf.ts';
import type { FingerprintSet } from '../../core/fingerprints/match.ts';
import { scoreLine } from '../../core/scoring/archived.ts';
import { type FastpathInsertRow, toClickHouseRow } from '../../core/scoring/fastpathRow.ts';
import { float32OfDecimal } from '../../core/scoring/float32.ts';
import type { Report } from './report.ts';

/** A stored row: column name to value, as JSON or as the text of a CSV field. */
export type StoredRow = Readonly<Record<string, unknown>>;

export interface StoredRows {
  /** Rows of these measurements, by uid. */
  find(uids: readonly string[]): Promise<ReadonlyMap<string, StoredRow>>;
  close(): Promise<void>;
}

export interface Rescorer {
  line(leaf: PublishedLeaf, line: Buffer): Promise<void>;
  /** Compares what is left; gives how many rows were compared. */
  finish(): Promise<number>;
}

/** Rows compared at once, which bounds what is asked for too: by number, and a row has 8 MB at most. */
const ROWS_AT_ONCE = 500;
const CHARS_AT_ONCE = 16_000_000;

export function makeRescorer(stored: StoredRows, known: FingerprintSet, report: Report): Rescorer {
  /** Rows as they should be; undefined: there should be none. */
  let expected = new Map<string, FastpathInsertRow | undefined>();
  let expectedChars = 0;
  let compared = 0;
  const flush = async () => {
    const batch = expected;
    expected = new Map();
    expectedChars = 0;
    const rows = await stored.find([...batch.keys()]);
    for (const [uid, row] of batch) {
      compared++;
      compare(uid, row, rows.get(uid), report);
    }
  };
  return {
    async line({ uid }, line) {
      const scored = scoreLine(line, uid, known);
      // A measurement that could not be parsed has no score.
      if (scored.kind === 'empty') return;
      expected.set(uid, scored.kind === 'row' ? toClickHouseRow(scored.row) : undefined);
      if (scored.kind === 'row') expectedChars += scored.texts.row.length;
      if (expected.size >= ROWS_AT_ONCE || expectedChars >= CHARS_AT_ONCE) await flush();
    },
    async finish() {
      await flush();
      return compared;
    },
  };
}

function compare(
  uid: string,
  expected: FastpathInsertRow | undefined,
  found: StoredRow | undefined,
  report: Report,
): void {
  if (expected === undefined || found === undefined) {
    if (expected !== undefined) report.problem(uid, 'has no row');
    if (found !== undefined) report.problem(uid, 'has a row, but is not scored by the rules');
    return;
  }
  for (const [column, value] of Object.entries(expected)) {
    // Whether the sender was verified is not part of the published content.
    if (column === 'is_verified' || !(column in found)) continue;
    if (!sameValue(column, value, found[column]))
      report.problem(
        uid,
        `${column} should be ${brief(value)}, but the row has ${brief(found[column])}`,
      );
  }
}

function sameValue(column: string, expected: unknown, found: unknown): boolean {
  switch (column) {
    case 'scores':
      return isDeepStrictEqual(parse(expected), parse(found));
    case 'test_runtime':
      // What was inserted is the decimal text: the column has the Float32 that is nearest to that.
      return float32OfDecimal(String(expected)) === float32OfDecimal(String(found));
    case 'test_start_time':
    case 'measurement_start_time':
      return expected === plainTime(String(found));
    case 'ooni_run_link_id':
      return (expected === null ? '' : String(expected)) === withoutNull(found);
    default:
      return String(expected) === String(found);
  }
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}

/** Times in JSON may be of the ISO form. */
function plainTime(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.0+)?Z$/, '$1 $2');
}

/** CSV writes null as \\N. */
function withoutNull(value: unknown): string {
  return value === null || value === '\\N' ? '' : String(value);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
