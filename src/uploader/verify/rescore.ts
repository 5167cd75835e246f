/** Scores what was published again, and compares with the rows that the database (or an export) has. */
import { isDeepStrictEqual } from 'node:util';
import type { PublishedLeaf } from '../../core/archive/leaf.ts';
import type { FingerprintSet } from '../../core/fingerprints/match.ts';
import { scoreLine } from '../../core/scoring/archived.ts';
import { type FastpathInsertRow, toClickHouseRow } from '../../core/scoring/fastpathRow.ts';
import { float32OfDecimal } from '../../core/scoring/float32.ts';
import { shortened } from '../../core/text/shortened.ts';
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

/** Which fingerprints a row is scored with again. */
export interface FingerprintsOfRows {
  /** Of rows that do not tell their set, or of all. */
  readonly known: FingerprintSet;
  /** Of a row that tells its set, by the hash; a text: why that cannot be had. Absent: `known` is for all. */
  readonly own?: ((sha256: string) => Promise<FingerprintSet | string>) | undefined;
}

/** Lines compared at once, which bounds what is held: by number and size. */
const LINES_AT_ONCE = 500;
const BYTES_AT_ONCE = 16_000_000;

export function makeRescorer(
  stored: StoredRows,
  { known, own }: FingerprintsOfRows,
  report: Report,
): Rescorer {
  let lines = new Map<string, Buffer>();
  let heldBytes = 0;
  let compared = 0;
  const missingSets = new Set<string>();
  /** Undefined: told already that it cannot be had. */
  const setOf = async (uid: string, row: StoredRow | undefined) => {
    const sha256 = String(row?.fingerprints_sha256 ?? '');
    if (own === undefined || sha256 === '' || sha256 === known.sha256) return known;
    const set = missingSets.has(sha256) ? undefined : await own(sha256);
    if (typeof set !== 'string') return set;
    missingSets.add(sha256);
    report.problem(uid, `its row, and maybe others, cannot be scored again: ${set}`);
    return undefined;
  };
  const flush = async () => {
    const batch = lines;
    lines = new Map();
    heldBytes = 0;
    const rows = await stored.find([...batch.keys()]);
    for (const [uid, line] of batch) {
      const row = rows.get(uid);
      const set = await setOf(uid, row);
      if (set === undefined) continue;
      const scored = scoreLine(line, uid, set);
      // A measurement that could not be parsed has no score.
      if (scored.kind === 'empty') continue;
      compared++;
      const expected = scored.kind === 'row' ? toClickHouseRow(scored.row) : undefined;
      compare(uid, expected, row, report);
    }
  };
  return {
    async line({ uid }, line) {
      // What it is cut out of may be much larger.
      lines.set(uid, Buffer.from(line));
      heldBytes += line.length;
      if (lines.size >= LINES_AT_ONCE || heldBytes >= BYTES_AT_ONCE) await flush();
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
  return shortened(JSON.stringify(value) ?? 'nothing', 200);
}
