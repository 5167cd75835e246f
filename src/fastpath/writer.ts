/**
 * Batches rows into ClickHouse. A row is done only when the server has confirmed it; until then the
 * measurement stays in `pending/`, so stopping anywhere costs nothing but a repetition.
 *
 * - A batch is written when it is full or old enough; while one is written the next one fills.
 * - Server in trouble: the same batch again, with growing pauses, for as long as it takes. The writer
 *   then has no room, nothing more is scored, and memory stays as it is.
 * - Server refuses what a row says: the batch is halved until that row is alone.
 */
import { createHash } from 'node:crypto';
import { errorText, type Log } from '../log/log.ts';

export interface PendingRow {
  readonly uid: string;
  readonly testName: string;
  readonly measurementStartTime: string;
  /** JSON text of the `fastpath` row. */
  readonly row: string;
  /** JSON text of the `obs_openvpn` row. */
  readonly openvpnRow: string | undefined;
  readonly fromPredecessor: boolean;
}

export interface RowStore {
  /** Inserts and resolves when confirmed. Throws. */
  insert(table: string, lines: readonly string[], token: string): Promise<void>;
  /** Which of these measurements have a row already. Throws. */
  stored(rows: readonly PendingRow[]): Promise<ReadonlySet<string>>;
  isRowError(error: unknown): boolean;
}

export interface WriterOptions {
  readonly store: RowStore;
  readonly flushRows: number;
  readonly flushAfterMs: number;
  readonly log: Log;
  readonly onStored: (row: PendingRow) => Promise<void>;
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
  add(row: PendingRow): void;
  /** How many more rows it takes now. */
  room(): number;
  readonly waitingRows: number;
  /** True while the server does not take rows. */
  readonly inTrouble: boolean;
  /** Writes what it has, and resolves when that is done or `giveUpAfterMs` has passed. */
  close(giveUpAfterMs: number): Promise<void>;
}

export function makeWriter(options: WriterOptions): Writer {
  const pause = options.retryPauseMs ?? { first: 200, most: 10_000 };
  let open: PendingRow[] = [];
  let writing: Promise<void> | undefined;
  let writingRows = 0;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let troubleSinceMs: number | undefined;
  let wake: (() => void) | undefined;
  let abandoned = false;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing !== undefined || open.length === 0) return;
    const batch = open;
    open = [];
    writingRows = batch.length;
    writing = writeBatch(batch).finally(() => {
      writing = undefined;
      writingRows = 0;
      if (open.length >= options.flushRows || closing) flush();
      else if (open.length > 0) timer = setTimeout(flush, options.flushAfterMs);
      options.onRoom();
    });
  };

  const writeBatch = async (batch: readonly PendingRow[]): Promise<void> => {
    const recovered = batch.filter((row) => row.fromPredecessor);
    let rows = batch;
    if (recovered.length > 0) {
      const stored = await persist(() => options.store.stored(recovered));
      if (stored === undefined) return;
      rows = batch.filter((row) => !stored.has(row.uid));
      for (const row of batch) if (stored.has(row.uid)) await options.onStored(row);
    }
    if (rows.length > 0) await writeRows(rows);
  };

  const writeRows = async (rows: readonly PendingRow[]): Promise<void> => {
    const startedAt = performance.now();
    try {
      const done = await persist(async () => {
        const openvpn = rows.flatMap((row) => row.openvpnRow ?? []);
        const token = tokenOf(rows);
        // obs_openvpn first: a measurement counts as stored by its fastpath row.
        if (openvpn.length > 0) await options.store.insert('obs_openvpn', openvpn, token);
        await options.store.insert(
          'fastpath',
          rows.map((row) => row.row),
          token,
        );
        return true;
      });
      if (done === undefined) return;
    } catch (error) {
      // Only what the server says about a row arrives here.
      if (rows.length === 1) {
        await options.onRefused(rows[0]!, `ClickHouse refused the row: ${errorText(error)}`);
        return;
      }
      const half = rows.length >> 1;
      await writeRows(rows.slice(0, half));
      await writeRows(rows.slice(half));
      return;
    }
    options.onBatch?.(rows.length, performance.now() - startedAt);
    await Promise.all(rows.map((row) => options.onStored(row)));
  };

  /** Tries until it works; throws row errors; undefined when the writer was told to give up. */
  const persist = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    for (let attempt = 0; ; attempt++) {
      if (abandoned) return undefined;
      try {
        const result = await work();
        if (troubleSinceMs !== undefined) {
          const seconds = Math.round((Date.now() - troubleSinceMs) / 1000);
          options.log.info('ClickHouse takes rows again', { down_s: seconds });
          troubleSinceMs = undefined;
        }
        return result;
      } catch (error) {
        if (options.store.isRowError(error)) throw error;
        options.onFailure?.();
        // Once at the start, then at every longest pause: an outage must not flood the journal.
        const pauseMs = Math.min(pause.most, pause.first * 2 ** attempt);
        if (troubleSinceMs === undefined || (pauseMs === pause.most && attempt % 6 === 0)) {
          options.log.err(
            `cannot write to ClickHouse: ${options.troubleText ?? 'measurements wait in pending/ and nothing is lost'}; check that the server runs, has disk space and that url, user and password in fastpath.toml are right`,
            { error: errorText(error) },
          );
        }
        troubleSinceMs ??= Date.now();
        await sleepUnlessWoken(pauseMs);
      }
    }
  };

  const sleepUnlessWoken = (ms: number) =>
    new Promise<void>((resolve) => {
      const sleeping = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(sleeping);
        resolve();
      };
    });

  return {
    add(row) {
      open.push(row);
      if (open.length >= options.flushRows) flush();
      else if (timer === undefined && writing === undefined)
        timer = setTimeout(flush, options.flushAfterMs);
    },
    room: () => options.flushRows - open.length,
    get waitingRows() {
      return open.length + writingRows;
    },
    get inTrouble() {
      return troubleSinceMs !== undefined;
    },
    async close(giveUpAfterMs) {
      closing = true;
      const deadline = setTimeout(() => {
        abandoned = true;
        wake?.();
      }, giveUpAfterMs);
      flush();
      while (writing !== undefined) await writing;
      clearTimeout(deadline);
    },
  };
}

// The same rows make the same token, in this process and after a restart.
function tokenOf(rows: readonly PendingRow[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(row.uid).update('\n');
  return hash.digest('hex');
}
