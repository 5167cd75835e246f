/**
 * Batches rows into ClickHouse. A row is done only when the server has confirmed it; until then the
 * measurement stays in `pending/`, so stopping anywhere costs nothing but a repetition.
 *
 * - A batch is written when it is full or old enough; while one is written the next one fills.
 * - Server in trouble: the same batch again, with growing pauses, for as long as it takes. The writer
 *   then has no room, nothing more is scored, and memory stays as it is.
 * - Server answers, and still does not take the batch (its memory, its time): the batch is halved.
 * - Server refuses what a row says: the batch is halved until that row is alone. Unless it refuses all.
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
  readonly mayBeStored: boolean;
}

export interface RowStore {
  /** Inserts and resolves when confirmed. Throws. */
  insert(
    table: string,
    lines: readonly string[],
    token: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Which of these measurements have a row already. Throws. */
  stored(rows: readonly PendingRow[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Does the server answer at all? Never throws. */
  answers(signal: AbortSignal): Promise<boolean>;
  isRowError(error: unknown): boolean;
}

export interface WriterOptions {
  readonly store: RowStore;
  readonly flushRows: number;
  readonly flushBytes: number;
  readonly flushAfterMs: number;
  readonly log: Log;
  /** `wasStored`: the row was there already. */
  readonly onStored: (row: PendingRow, wasStored: boolean) => Promise<void>;
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
  readonly waitingRows: number;
  /** True while the server does not take rows. */
  readonly inTrouble: boolean;
  /** Writes what it has, and resolves when that is done or `giveUpAfterMs` has passed. */
  close(giveUpAfterMs: number): Promise<void>;
}

/** Failures of a batch after which it may be its size that a server cannot bear. */
const HALVE_AFTER_FAILURES = 5;
/** So many rows refused one after the other, and none taken: it is not the rows. */
const REFUSED_IN_A_ROW = 20;

export function makeWriter(options: WriterOptions): Writer {
  const { store, log } = options;
  const pause = options.retryPauseMs ?? { first: 200, most: 10_000 };
  const open: PendingRow[] = [];
  let openBytes = 0;
  let writing: Promise<void> | undefined;
  let writingRows = 0;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let closed = false;
  let troubleSinceMs: number | undefined;
  let wake: (() => void) | undefined;
  const abandoned = new AbortController();
  /** Refused since the last row that was taken. */
  let refusedInARow = 0;
  /** Of the batch that is written: rows that were taken, and rows whose fate is decided at its end. */
  let taken = 0;
  let refused: { row: PendingRow; reason: string }[] = [];

  const isFull = () => open.length >= options.flushRows || openBytes >= options.flushBytes;

  /** As many rows as one batch holds. */
  const takeBatch = (): PendingRow[] => {
    let bytes = 0;
    let rows = 0;
    while (rows < open.length && rows < options.flushRows && bytes < options.flushBytes)
      bytes += bytesOf(open[rows++]!);
    openBytes -= bytes;
    return open.splice(0, rows);
  };

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing !== undefined || open.length === 0) return;
    const batch = takeBatch();
    writingRows = batch.length;
    writing = writeBatch(batch).finally(() => {
      writing = undefined;
      writingRows = 0;
      if (isFull() || closing) flush();
      else if (open.length > 0) timer = setTimeout(flush, options.flushAfterMs);
      options.onRoom();
    });
  };

  const writeBatch = async (batch: readonly PendingRow[]): Promise<void> => {
    let rows = batch;
    for (let attempt = 0; ; attempt++) {
      taken = 0;
      refused = [];
      try {
        await writeNew(rows);
        if (taken > 0 || refused.length === 0 || refusedInARow < REFUSED_IN_A_ROW) break;
        throw new AllRefused(refused[0]!.reason);
      } catch (error) {
        if (!(error instanceof AllRefused)) throw error;
        if (abandoned.signal.aborted) return;
        await suffer(error, attempt);
        rows = othersFirst(rows);
      }
    }
    if (abandoned.signal.aborted) return;
    recover();
    for (const { row, reason } of refused.splice(0)) await options.onRefused(row, reason);
  };

  /**
   * After a batch of which no row was taken: the same rows, in another order, behind new ones. If bad
   * rows alone are the reason, a good one comes to its turn in time.
   */
  const othersFirst = (rows: readonly PendingRow[]): readonly PendingRow[] => {
    const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 0);
    const hasRoom = rows.length <= options.flushRows && bytes <= options.flushBytes;
    const next = [
      ...(hasRoom ? takeBatch() : []),
      ...rows.slice(REFUSED_IN_A_ROW),
      ...rows.slice(0, REFUSED_IN_A_ROW),
    ];
    writingRows = next.length;
    options.onRoom();
    return next;
  };

  /** Leaves out what a predecessor, or an attempt whose answer was lost, has stored. */
  const writeNew = async (batch: readonly PendingRow[]): Promise<void> => {
    const recovered = batch.filter((row) => row.mayBeStored);
    let rows = batch;
    if (recovered.length > 0) {
      const stored = await persist(() => store.stored(recovered, abandoned.signal), 'any error');
      if (stored.kind !== 'done') return;
      rows = batch.filter((row) => !stored.result.has(row.uid));
      for (const row of batch) if (stored.result.has(row.uid)) await options.onStored(row, true);
    }
    if (rows.length > 0) await writeRows(rows);
  };

  const writeRows = async (rows: readonly PendingRow[]): Promise<void> => {
    const startedAt = performance.now();
    const outcome = await persist(
      () => insert(rows),
      'not what a row says',
      rows.length > 1 ? HALVE_AFTER_FAILURES : Number.POSITIVE_INFINITY,
    );
    switch (outcome.kind) {
      case 'abandoned':
        return;
      case 'done':
        refusedInARow = 0;
        taken += rows.length;
        recover();
        options.onBatch?.(rows.length, performance.now() - startedAt);
        await Promise.all(rows.map((row) => options.onStored(row, false)));
        return;
      case 'too heavy': {
        log.warning('ClickHouse answers, and does not take a batch: it is halved', {
          rows: rows.length,
          error: errorText(outcome.error),
        });
        // Any of the attempts may have been stored, and a half has a token of its own.
        const doubtful = rows.map((row) => ({ ...row, mayBeStored: true }));
        for (const half of halves(doubtful)) await writeNew(half);
        return;
      }
      case 'refused':
        if (rows.length > 1) {
          for (const half of halves(rows)) await writeRows(half);
          return;
        }
        refused.push({
          row: rows[0]!,
          reason: `ClickHouse refused the row: ${errorText(outcome.error)}`,
        });
        refusedInARow++;
        if (taken === 0 && refused.length >= REFUSED_IN_A_ROW) throw new AllRefused(outcome.error);
    }
  };

  const insert = async (rows: readonly PendingRow[]) => {
    const openvpn = rows.flatMap((row) => row.openvpnRow ?? []);
    const token = tokenOf(rows);
    // obs_openvpn first: a measurement counts as stored by its fastpath row.
    if (openvpn.length > 0) await store.insert('obs_openvpn', openvpn, token, abandoned.signal);
    const lines = rows.map((row) => row.row);
    await store.insert('fastpath', lines, token, abandoned.signal);
  };

  type Persisted<Result> =
    | { readonly kind: 'done'; readonly result: Result }
    | { readonly kind: 'abandoned' }
    | { readonly kind: 'refused' | 'too heavy'; readonly error: unknown };

  /** Tries until it works, or until more tries would not help. */
  const persist = async <Result>(
    work: () => Promise<Result>,
    again: 'any error' | 'not what a row says',
    failuresUntilHeavy = Number.POSITIVE_INFINITY,
  ): Promise<Persisted<Result>> => {
    for (let attempt = 0; ; attempt++) {
      if (abandoned.signal.aborted) return { kind: 'abandoned' };
      try {
        return { kind: 'done', result: await work() };
      } catch (error) {
        if (abandoned.signal.aborted) return { kind: 'abandoned' };
        if (again !== 'any error' && store.isRowError(error)) return { kind: 'refused', error };
        if (attempt + 1 >= failuresUntilHeavy && (await store.answers(abandoned.signal)))
          return { kind: 'too heavy', error };
        await suffer(error, attempt);
      }
    }
  };

  const recover = () => {
    if (troubleSinceMs === undefined) return;
    const seconds = Math.round((Date.now() - troubleSinceMs) / 1000);
    log.info('ClickHouse takes rows again', { down_s: seconds });
    troubleSinceMs = undefined;
  };

  /** Says what is wrong, once at the start and then now and then, and waits. */
  const suffer = async (error: unknown, attempt: number) => {
    options.onFailure?.();
    const pauseMs = Math.min(pause.most, pause.first * 2 ** attempt);
    if (troubleSinceMs === undefined || (pauseMs === pause.most && attempt % 6 === 0)) {
      const waiting = options.troubleText ?? 'measurements wait in pending/ and nothing is lost';
      log.err(
        error instanceof AllRefused
          ? `ClickHouse refuses every row: ${waiting}; the tables do not fit this version, run \`ooni-api migrate\`, and look at their constraints`
          : `cannot write to ClickHouse: ${waiting}; check that the server runs, has disk space and that url, user and password in the config are right`,
        { error: errorText(error instanceof AllRefused ? error.cause : error) },
      );
    }
    troubleSinceMs ??= Date.now();
    await new Promise<void>((resolve) => {
      const sleeping = setTimeout(resolve, pauseMs);
      wake = () => {
        clearTimeout(sleeping);
        resolve();
      };
    });
  };

  return {
    add(row) {
      if (closed) return;
      open.push(row);
      openBytes += bytesOf(row);
      if (isFull()) flush();
      else if (timer === undefined && writing === undefined)
        timer = setTimeout(flush, options.flushAfterMs);
    },
    room: () => (isFull() ? 0 : options.flushRows - open.length),
    get waitingRows() {
      return open.length + writingRows;
    },
    get inTrouble() {
      return troubleSinceMs !== undefined;
    },
    async close(giveUpAfterMs) {
      closing = true;
      const deadline = setTimeout(() => {
        abandoned.abort();
        wake?.();
      }, giveUpAfterMs);
      flush();
      while (writing !== undefined) await writing;
      closed = true;
      clearTimeout(deadline);
    },
  };
}

/** The server refuses rows one after the other, and takes none. */
class AllRefused extends Error {
  constructor(cause: unknown) {
    super('all rows were refused', { cause });
  }
}

function halves<Item>(items: readonly Item[]): [Item[], Item[]] {
  const half = items.length >> 1;
  return [items.slice(0, half), items.slice(half)];
}

function bytesOf({ row, openvpnRow }: PendingRow): number {
  return Buffer.byteLength(row) + (openvpnRow === undefined ? 0 : Buffer.byteLength(openvpnRow));
}

// The same rows make the same token, in this process and after a restart. A row that was scored
// otherwise meanwhile is another one.
function tokenOf(rows: readonly PendingRow[]): string {
  const hash = createHash('sha256');
  for (const { uid, row, openvpnRow = '' } of rows)
    hash.update(uid).update('\n').update(row).update('\n').update(openvpnRow).update('\n');
  return hash.digest('hex');
}
