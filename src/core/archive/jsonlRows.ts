/** Rows of the tables `jsonl` and `archive_log` (protocol, data A.2). */
import type { CanName } from './names.ts';
import { jsonlKey } from './names.ts';

/** Where the body of a measurement is. */
export interface BodyPlace {
  readonly uid: string;
  readonly reportId: string;
  readonly input: string;
  /** Line in the object, from 0. */
  readonly line: number;
  /** The gzip member that holds it, and its line in there, from 0. */
  readonly memberOffsetBytes: number;
  readonly memberLengthBytes: number;
  readonly memberLine: number;
}

/** A row of `jsonl` as JSON text. */
export function jsonlRow(can: CanName, place: BodyPlace): string {
  const { hour } = can.folder;
  return JSON.stringify({
    report_id: place.reportId,
    input: place.input,
    s3path: jsonlKey(can),
    linenum: place.line,
    measurement_uid: place.uid,
    date: `${hour.slice(0, 4)}-${hour.slice(4, 6)}-${hour.slice(6, 8)}`,
    source: `n${can.collectorId}`,
    member_offset_bytes: place.memberOffsetBytes,
    member_length_bytes: place.memberLengthBytes,
    member_line: place.memberLine,
  });
}

/** A row of `archive_log` as JSON text: the leaf of line 0 of an object. */
export function archiveLogRow(can: CanName, firstLeaf: number, leaves: number): string {
  return JSON.stringify({
    s3path: jsonlKey(can),
    collector_id: can.collectorId,
    first_leaf: firstLeaf,
    leaves,
  });
}
