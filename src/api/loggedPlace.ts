/** Where a measurement stands in the log of what was published (docs/archive.md, "Proofs"). */
import {
  type LoggedLine,
  type LoggedObject,
  loggedLineQuery,
  loggedObjectsQuery,
} from '../core/sql/archiveLog.ts';
import type { Database } from './database.ts';

export type LoggedPlace =
  /** No published line is known of it. */
  | { readonly kind: 'no_line' }
  /** Its object is in no log. */
  | { readonly kind: 'not_logged' }
  | {
      readonly kind: 'logged';
      readonly line: LoggedLine;
      readonly object: LoggedObject;
      readonly leafIndex: number;
    };

/** Throws QueryError. */
export async function findLoggedPlace(
  database: Database,
  measurementUid: string,
  signal: AbortSignal,
): Promise<LoggedPlace> {
  const [line] = await database.rows<LoggedLine>(loggedLineQuery(measurementUid), signal);
  if (line === undefined) return { kind: 'no_line' };
  const [object] = await database.rows<LoggedObject>(loggedObjectsQuery([line.s3path]), signal);
  if (object === undefined) return { kind: 'not_logged' };
  return { kind: 'logged', line, object, leafIndex: object.first_leaf + line.linenum };
}
