/**
 * Documents that are kept edit by edit: each edit is a row of its own, numbered from 1 and marked with an
 * id of who wrote it; the highest number counts. No row is changed, so that whoever wrote one can look
 * whether somebody else had the same number in mind.
 */
import type { Query } from './query.ts';

export interface EditTable {
  readonly table: 'findings' | 'oonirun_links';
  readonly key: 'id' | 'oonirun_link_id';
  readonly keyType: 'String' | 'UInt64';
}

export interface EditMark {
  readonly edit: number;
  readonly write_id: string;
}

/** The edit itself, those beside it, and the one that it was made from. */
export function editsSinceQuery(at: EditTable, id: string, edit: number): Query {
  return {
    sql: `SELECT edit, write_id
FROM ${at.table}
WHERE ${at.key} = {id:${at.keyType}} AND edit >= {since:UInt32}
ORDER BY edit, write_id`,
    values: { id, since: Math.max(edit - 1, 0) },
  };
}

/** Takes an edit back, as if it had never been. */
export function withdrawEditQuery(at: EditTable, id: string, mark: EditMark): Query {
  return {
    sql: `ALTER TABLE ${at.table}
DELETE WHERE ${at.key} = {id:${at.keyType}} AND edit = {edit:UInt32} AND write_id = {write_id:String}
SETTINGS mutations_sync = 1`,
    values: { id, ...mark },
  };
}

/** Deletes a document with all its edits, for good. */
export function deleteEditsQuery(at: EditTable, id: string): Query {
  return {
    sql: `ALTER TABLE ${at.table} DELETE WHERE ${at.key} = {id:${at.keyType}} SETTINGS mutations_sync = 1`,
    values: { id },
  };
}
