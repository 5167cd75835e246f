/**
 * Changes of documents that are kept edit by edit (core/sql/edits.ts), by several at once, without a lock:
 * read the newest edit, decide, write the next one, and look. Whoever sees another row with the same
 * number, or misses the one that it began from, takes its own back and begins again. Of two who write the
 * same number at least one looks after both rows are there, so no change that was confirmed is ever lost
 * to one that did not know of it.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  deleteEditsQuery,
  type EditMark,
  type EditTable,
  editsSinceQuery,
  withdrawEditQuery,
} from '../core/sql/edits.ts';
import type { Query } from '../core/sql/query.ts';
import type { Database } from './database.ts';
import type { RowWriter } from './rowWriter.ts';

export type Decision<Document, Refusal> =
  | { readonly kind: 'write'; readonly document: Document }
  | { readonly kind: 'delete' }
  /** As it is: there is nothing to change. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Outcome<Document, Refusal> =
  | { readonly kind: 'written'; readonly document: Document }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Others kept changing it. */
  | { readonly kind: 'conflict' };

export interface Edits<Document> {
  /**
   * `decide` gets what is there and how many edits it has had; after a conflict it is called again. Throws
   * QueryError.
   */
  change<Refusal>(
    id: string,
    decide: (current: Document | undefined, edits: number) => Decision<Document, Refusal>,
  ): Promise<Outcome<Document, Refusal>>;
}

const MAX_TRIES = 8;
const MAX_PAUSE_MS = 200;

export function makeEdits<Document, Row extends EditMark>(parts: {
  readonly database: Database;
  readonly writer: RowWriter;
  readonly at: EditTable;
  /** Rows of the document, the newest edit first. */
  readonly newest: (id: string) => Query;
  readonly read: (row: Row) => Document;
  /** A row to insert, as JSON text. */
  readonly row: (document: Document, mark: EditMark) => string;
}): Edits<Document> {
  const { database, writer, at } = parts;

  /** False: it was taken back. */
  const write = async (
    id: string,
    document: Document,
    mark: EditMark,
    base: EditMark | undefined,
  ): Promise<boolean> => {
    await writer.insert(at.table, parts.row(document, mark));
    const marks = await database.rows<EditMark>(editsSinceQuery(at, id, mark.edit));
    const writersOf = (edit: number) =>
      marks.filter((other) => other.edit === edit).map(({ write_id }) => write_id);
    const isAlone = writersOf(mark.edit).every((writer) => writer === mark.write_id);
    // What it was made from is still there, and nobody's but its own writer's.
    const hasBase = base === undefined || writersOf(base.edit).join() === base.write_id;
    if (isAlone && hasBase) return true;
    await writer.run(withdrawEditQuery(at, id, mark));
    return false;
  };

  return {
    async change(id, decide) {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        // Not side by side again.
        if (tries > 0) await sleep(randomInt(MAX_PAUSE_MS * tries));
        const [row] = await database.rows<Row>(parts.newest(id));
        const decision = decide(row && parts.read(row), row?.edit ?? 0);
        switch (decision.kind) {
          case 'refused':
            return decision;
          case 'delete':
            await writer.run(deleteEditsQuery(at, id));
            return { kind: 'deleted' };
          case 'write': {
            const mark = { edit: (row?.edit ?? 0) + 1, write_id: randomUUID() };
            if (await write(id, decision.document, mark, row))
              return { kind: 'written', document: decision.document };
          }
        }
      }
      return { kind: 'conflict' };
    },
  };
}
