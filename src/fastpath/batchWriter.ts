/**
 * One batch, until it is decided what becomes of each of its rows:
 *
 *     ask which are stored ─> insert the others ─> confirmed ─> stored
 *                               │ refused: halve until a row is alone ─> refused
 *                               │ too heavy: halve, and ask again which are stored
 *                               └ no row of many is taken: the same rows again, in another order
 */
import { createHash } from 'node:crypto';
import { errorText, type Log } from '../log/log.ts';
import { bytesOf, type PendingRow, type RowStore } from './pendingRow.ts';
import { AllRefused, type Persistence } from './persistence.ts';
import type { BatchLimits } from './rowQueue.ts';

export interface BatchWriterParts {
  readonly store: RowStore;
  readonly persistence: Persistence;
  readonly limits: BatchLimits;
  readonly log: Log;
  /** All at once, so that nothing waits for one after the other. `wereStored`: before, by another. */
  readonly onStored: (rows: readonly PendingRow[], wereStored: boolean) => Promise<void>;
  readonly onRefused: (row: PendingRow, reason: string) => Promise<void>;
  readonly onBatch: (rows: number, insertMs: number) => void;
  /** Rows that may join a batch of which none is taken. */
  readonly moreRows: () => PendingRow[];
}

export interface BatchWriter {
  /** Resolves when it is decided what becomes of all rows, or it was abandoned. */
  write(rows: readonly PendingRow[]): Promise<void>;
}

/** What became of a batch's rows so far. */
interface Written {
  taken: number;
  /** Decided at the batch's end: when none is taken, it is not the rows. */
  readonly refused: { readonly row: PendingRow; readonly reason: string }[];
}

/** Failures of a batch after which it may be its size that a server cannot bear. */
const HALVE_AFTER_FAILURES = 5;
/** So many rows refused one after the other, and none taken: it is not the rows. */
const REFUSED_IN_A_ROW = 20;

export function makeBatchWriter(parts: BatchWriterParts): BatchWriter {
  const { store, persistence, limits, log } = parts;
  /** Since the last row that was taken, whatever its batch. */
  let refusedInARow = 0;

  const writeBatch = async (batch: readonly PendingRow[]): Promise<void> => {
    let rows = batch;
    for (let attempt = 0; !persistence.isAbandoned; attempt++) {
      const written: Written = { taken: 0, refused: [] };
      try {
        await writeNew(rows, written);
        if (written.taken === 0 && written.refused.length > 0 && refusedInARow >= REFUSED_IN_A_ROW)
          throw new AllRefused(written.refused[0]!.reason);
        if (persistence.isAbandoned) return;
        persistence.recovered();
        for (const { row, reason } of written.refused) await parts.onRefused(row, reason);
        return;
      } catch (error) {
        if (!(error instanceof AllRefused)) throw error;
        await persistence.pause(error, attempt);
        rows = othersFirst(rows);
      }
    }
  };

  /**
   * After a batch of which no row was taken: the same rows, in another order, behind new ones. If bad
   * rows alone are the reason, a good one comes to its turn in time.
   */
  const othersFirst = (rows: readonly PendingRow[]): readonly PendingRow[] => {
    const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 0);
    const hasRoom = rows.length <= limits.flushRows && bytes <= limits.flushBytes;
    return [
      ...(hasRoom ? parts.moreRows() : []),
      ...rows.slice(REFUSED_IN_A_ROW),
      ...rows.slice(0, REFUSED_IN_A_ROW),
    ];
  };

  /** Leaves out what a predecessor, or an attempt whose answer was lost, has stored. */
  const writeNew = async (batch: readonly PendingRow[], written: Written): Promise<void> => {
    const recovered = batch.filter((row) => row.mayBeStored);
    let rows = batch;
    if (recovered.length > 0) {
      const asked = await persistence.persist(
        (signal) => store.stored(recovered, signal),
        'any error',
      );
      if (asked.kind !== 'done') return;
      const isStored = (row: PendingRow) => row.mayBeStored && asked.result.has(row.uid);
      const stored = batch.filter(isStored);
      if (stored.length > 0) await parts.onStored(stored, true);
      rows = batch.filter((row) => !isStored(row));
    }
    if (rows.length > 0) await writeRows(rows, written);
  };

  const writeRows = async (rows: readonly PendingRow[], written: Written): Promise<void> => {
    const startedAt = performance.now();
    const outcome = await persistence.persist(
      (signal) => insert(rows, signal),
      'not what a row says',
      rows.length > 1 ? HALVE_AFTER_FAILURES : Number.POSITIVE_INFINITY,
    );
    switch (outcome.kind) {
      case 'abandoned':
        return;
      case 'done':
        refusedInARow = 0;
        written.taken += rows.length;
        persistence.recovered();
        parts.onBatch(rows.length, performance.now() - startedAt);
        await parts.onStored(rows, false);
        return;
      case 'too heavy': {
        log.warning('ClickHouse answers, and does not take a batch: it is halved', {
          rows: rows.length,
          error: errorText(outcome.error),
        });
        // Any of the attempts may have been stored, and a half has a token of its own.
        const doubtful = rows.map((row) => ({ ...row, mayBeStored: true }));
        for (const half of halves(doubtful)) await writeNew(half, written);
        return;
      }
      case 'refused':
        if (rows.length > 1) {
          for (const half of halves(rows)) await writeRows(half, written);
          return;
        }
        written.refused.push({
          row: rows[0]!,
          reason: `ClickHouse refused the row: ${errorText(outcome.error)}`,
        });
        refusedInARow++;
        if (written.taken === 0 && written.refused.length >= REFUSED_IN_A_ROW)
          throw new AllRefused(outcome.error);
    }
  };

  const insert = async (rows: readonly PendingRow[], signal: AbortSignal) => {
    const openvpn = rows.flatMap((row) => row.openvpnRow ?? []);
    const token = tokenOf(rows);
    // obs_openvpn first: a measurement counts as stored by its fastpath row.
    if (openvpn.length > 0) await store.insert('obs_openvpn', openvpn, token, signal);
    const lines = rows.map((row) => row.row);
    await store.insert('fastpath', lines, token, signal);
  };

  return { write: writeBatch };
}

function halves<Item>(items: readonly Item[]): [Item[], Item[]] {
  const half = items.length >> 1;
  return [items.slice(0, half), items.slice(half)];
}

// The same rows make the same token, in this process and after a restart. A row that was scored
// otherwise meanwhile is another one.
function tokenOf(rows: readonly PendingRow[]): string {
  const hash = createHash('sha256');
  for (const { uid, row, openvpnRow = '' } of rows)
    hash.update(uid).update('\n').update(row).update('\n').update(openvpnRow).update('\n');
  return hash.digest('hex');
}
