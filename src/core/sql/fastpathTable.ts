/**
 * The `fastpath` table: which rows it has, and what is in them. Its key begins with
 * measurement_start_time, so a query that names the times reads a few granules and not the table.
 */
import { textLiterals } from './literal.ts';
import type { Query } from './query.ts';

/** What a row is made of (protocol, scoring 2); beside these, the table has when it was written. */
export const FASTPATH_COLUMNS = [
  'measurement_uid',
  'report_id',
  'input',
  'probe_cc',
  'probe_asn',
  'test_name',
  'test_start_time',
  'measurement_start_time',
  'scores',
  'platform',
  'anomaly',
  'confirmed',
  'msm_failure',
  'blocking_type',
  'domain',
  'software_name',
  'software_version',
  'test_version',
  'test_runtime',
  'architecture',
  'engine_name',
  'engine_version',
  'test_helper_address',
  'test_helper_type',
  'ooni_run_link_id',
  'is_verified',
] as const;

export type FastpathColumn = (typeof FASTPATH_COLUMNS)[number];

/** Which of these measurements have a row. */
export function storedUidsSql(
  rows: readonly { readonly uid: string; readonly measurementStartTime: string }[],
): string {
  return `SELECT DISTINCT measurement_uid AS uid
FROM fastpath
WHERE measurement_start_time IN (${textLiterals(rows.map((row) => row.measurementStartTime))})
  AND measurement_uid IN (${textLiterals(rows.map((row) => row.uid))})`;
}

/** Uids and is_verified of the rows of reports. `startsS`: seconds since 1970 that a DateTime holds. */
export function rowsOfReportsSql(startsS: Iterable<number>, reportIds: Iterable<string>): string {
  const starts = [...new Set(startsS)].map((startS) => `toDateTime(${startS}, 'UTC')`);
  return `SELECT toUnixTimestamp(measurement_start_time) AS start, report_id, input,
  measurement_uid, argMax(is_verified, update_time) AS verified
FROM fastpath
WHERE measurement_start_time IN (${starts.join(', ')})
  AND report_id IN (${textLiterals(reportIds)})
GROUP BY start, report_id, input, measurement_uid`;
}

/** The rows of these measurements, with the set of each; the newest one where a measurement was scored again. */
export function newestRowsQuery(uids: readonly string[]): Query {
  return {
    sql: `SELECT ${FASTPATH_COLUMNS.join(', ')}, fingerprints_sha256
FROM fastpath
WHERE measurement_uid IN {uids:Array(String)}
ORDER BY update_time DESC
LIMIT 1 BY measurement_uid`,
    values: { uids },
  };
}

/** All uids from the first on, and before the last where that is not empty, sorted. */
export function uidsBetweenQuery(from: string, before: string): Query {
  return {
    sql: `SELECT DISTINCT measurement_uid
FROM fastpath
WHERE measurement_uid >= {from:String} AND ({before:String} = '' OR measurement_uid < {before:String})
ORDER BY measurement_uid`,
    values: { from, before },
  };
}
