/** The `jsonl` table: which line of which object a measurement is. Its key begins with report_id. */
import type { BodyKey } from '../measurement/bodyKey.ts';
import { textLiteral, textLiterals } from './literal.ts';

/** A row's place in the key, for the list of `presentRowsSql`. */
export function keyTuple({ reportId, input, measurementUid }: BodyKey): string {
  return `(${textLiteral(reportId)},${textLiteral(input)},${textLiteral(measurementUid)})`;
}

/** How many of these rows the table has for an object; each counts once. */
export function presentRowsSql(s3path: string, tuples: readonly string[]): string {
  return `SELECT uniqExact(report_id, input, measurement_uid) AS present
FROM jsonl
WHERE (report_id, input, measurement_uid) IN (${tuples.join(',')})
  AND s3path = ${textLiteral(s3path)}`;
}

/** The lines of an object from the first number to the last that have a uid, with their reports. */
export function lineUidsSql(
  s3path: string,
  reportIds: Iterable<string>,
  firstLine: number,
  lastLine: number,
): string {
  return `SELECT report_id, linenum, measurement_uid
FROM jsonl
WHERE report_id IN (${textLiterals(reportIds)})
  AND s3path = ${textLiteral(s3path)} AND measurement_uid != ''
  AND linenum BETWEEN ${firstLine} AND ${lastLine}`;
}
