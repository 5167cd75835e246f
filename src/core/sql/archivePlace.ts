/** Where a measurement's body is: spool or archive (protocol, data 4.6). */
import type { BodyKey } from '../measurement/bodyKey.ts';
import { parseMeasurementUid, uidTimestamp } from '../measurement/measurementUid.ts';
import type { Query } from './query.ts';

export type BodySource = 'spool' | 'hosts' | 'archive';

const FRESH_MS = 3_600_000;

/**
 * The sources to try, in order. Looking into our own spool costs one file name, so it is first; other
 * hosts are asked early only for what can still be in their spool. The archive comes again at the end:
 * an uploader may have moved the body while the others were asked. A uid of old times names no file.
 */
export function bodySources(key: BodyKey, nowMs: number): readonly BodySource[] {
  if (parseMeasurementUid(key.measurementUid) === undefined) return ['archive'];
  const fresh = key.measurementUid > uidTimestamp((nowMs - FRESH_MS) * 1000).slice(0, 12);
  return fresh ? ['spool', 'hosts', 'archive'] : ['spool', 'archive', 'hosts', 'archive'];
}

export interface ArchivePlace {
  readonly s3path: string;
  /** From 0, in the whole object. */
  readonly linenum: number;
  /** Where the gzip member that holds the line begins, and its length; length 0: not known. */
  readonly member_offset_bytes: number;
  readonly member_length_bytes: number;
  /** From 0, in the member. */
  readonly member_line: number;
}

const PLACE = 's3path, linenum, member_offset_bytes, member_length_bytes, member_line';

/** The line with this uid, of a measurement that has no row to tell its report: not scored, say. */
export function archivePlaceOfUidQuery(measurementUid: string): Query {
  return {
    sql: `SELECT ${PLACE}
FROM jsonl
WHERE measurement_uid = {measurement_uid:String}
ORDER BY update_time DESC
LIMIT 1`,
    values: { measurement_uid: measurementUid },
  };
}

/** Inputs go to the server in an address, which has a bound; rows without uid have none that long. */
const MAX_INPUT_CHARS = 32_768;

/**
 * The line with this uid; for the rows of old uploaders, which have no uid, the one with the same
 * report and input. The report narrows the search to a few rows of the index.
 */
export function archivePlaceQuery(key: BodyKey): Query {
  return {
    sql: `SELECT ${PLACE}
FROM jsonl
WHERE report_id = {report_id:String}
  AND (measurement_uid = {measurement_uid:String}
    OR measurement_uid = '' AND input = {input:String} AND {has_input:UInt8})
ORDER BY measurement_uid != '' DESC, update_time DESC
LIMIT 1`,
    values: {
      report_id: key.reportId,
      input: key.input.length <= MAX_INPUT_CHARS ? key.input : '',
      has_input: key.input.length <= MAX_INPUT_CHARS ? 1 : 0,
      measurement_uid: key.measurementUid,
    },
  };
}
