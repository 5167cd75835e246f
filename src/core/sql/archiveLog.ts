/** Where in which log a measurement's leaf is (docs/archive.md, "Proofs"). */
import type { Query } from './query.ts';

export interface LoggedLine {
  readonly s3path: string;
  /** From 0, in the whole object. */
  readonly linenum: number;
}

/** The published line of a measurement, by its uid alone. */
export function loggedLineQuery(measurementUid: string): Query {
  return {
    sql: `SELECT s3path, linenum FROM jsonl
WHERE measurement_uid = {measurement_uid:String}
ORDER BY update_time DESC
LIMIT 1`,
    values: { measurement_uid: measurementUid },
  };
}

export interface LoggedObject {
  readonly s3path: string;
  readonly collector_id: string;
  /** Leaf of the object's line 0. */
  readonly first_leaf: number;
  readonly leaves: number;
}

/** The places of these objects in the logs; none for objects that no log covers. */
export function loggedObjectsQuery(s3paths: readonly string[]): Query {
  return {
    sql: `SELECT s3path, collector_id, first_leaf, leaves FROM archive_log
WHERE s3path IN {s3paths:Array(String)}
ORDER BY s3path, update_time DESC
LIMIT 1 BY s3path`,
    values: { s3paths },
  };
}
