/**
 * Batches rows into ClickHouse. A row is done only when the server has confirmed it; until then the
 * measurement stays in `pending/`, so stopping anywhere costs nothing but a repetition.
 *
 * - A batch is written when it is full or old enough; while one is written the next one fills
 *   (rowQueue.ts). So what is held is bounded by two batches, and by what was being scored.
 * - Server in trouble: the same batch again, with growing pauses, for as long as it takes
 *   (persistence.ts). The writer then has no room, nothing more is scored, and memory stays as it is.
 * - Server answers, and still does not take the batch (its memory, its time): the batch is halved.
 * - Server refuses what a row says: the batch is halved until that row is alone. Unless it refuses all
 *   (batchWriter.ts).
 */
import type { Log } from '../log/log.ts';
import { makeBatchWriter } from './batchWriter.ts';
import type { PendingRow, RowStore } from './pendingRow.ts';
import { makePersistence } from './persistence.ts';
import { type BatchLimits, makeRowQueue } from './rowQueue.ts';

export interface WriterOptions extends BatchLimits {
  readonly store: RowStore;
  readonly flushAfterMs: number;
  readonly log: Log;
  /** All at once. `wereStored`: the rows were there already. */
  readonly onStored: (rows: readonly PendingRow[], wereStored: boolean) => Promise<void>;
  readonly onRefused: (row: PendingRow, reason: string) => Promise<void>;
  /** Called when the writer has room again. */
  readonly onRoom: () => void;
  readonly onBatch?: (rows: number, insertMs: number) => void;
  readonly onFailure?: () => void;
  /** What it means to an operator that ClickHouse takes no rows, where they are not from pending/. */
  readonly troubleText?: string;
  /** First and longest pause between tries. */
  readonly retryPauseMs?: { readonly first: number; readonly most: number };
}

export interface Writer {
  /** Takes the row, also when there is no room; after close() it is left to the next process. */
  add(row: PendingRow): void;
  /** How many more rows it takes now. */
  room(): number;
  /** True while the server does not take rows. */
  readonly inTrouble: boolean;
  /** Writes what it has, and resolves when that is done or `giveUpAfterMs` has passed. */
  close(giveUpAfterMs: number): Promise<void>;
}

export function makeWriter(options: WriterOptions): Writer {
  const { store, log } = options;
  const queue = makeRowQueue(options);
  const persistence = makePersistence({
    answers: (signal) => store.answers(signal),
    isRowError: (error) => store.isRowError(error),
    log,
    onFailure: () => options.onFailure?.(),
    troubleText: options.troubleText ?? 'measurements wait in pending/ and nothing is lost',
    pauseMs: options.retryPauseMs ?? { first: 200, most: 10_000 },
  });
  const batchWriter = makeBatchWriter({
    store,
    persistence,
    limits: options,
    log,
    onStored: options.onStored,
    onRefused: options.onRefused,
    onBatch: (rows, insertMs) => options.onBatch?.(rows, insertMs),
    moreRows: () => {
      const rows = queue.takeBatch();
      options.onRoom();
      return rows;
    },
  });
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let state: 'open' | 'closing' | 'closed' = 'open';

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing !== undefined || queue.length === 0) return;
    writing = batchWriter.write(queue.takeBatch()).finally(() => {
      writing = undefined;
      if (queue.isFull() || state !== 'open') flush();
      else if (queue.length > 0) timer = setTimeout(flush, options.flushAfterMs);
      options.onRoom();
    });
    // The next batch may fill while this one is written.
    options.onRoom();
  };

  return {
    add(row) {
      if (state === 'closed') return;
      queue.add(row);
      if (queue.isFull()) flush();
      else if (timer === undefined && writing === undefined)
        timer = setTimeout(flush, options.flushAfterMs);
    },
    room: () => queue.room(),
    get inTrouble() {
      return persistence.inTrouble;
    },
    async close(giveUpAfterMs) {
      state = 'closing';
      const deadline = setTimeout(persistence.abandon, giveUpAfterMs);
      flush();
      while (writing !== undefined) await writing;
      state = 'closed';
      clearTimeout(deadline);
    },
  };
}
