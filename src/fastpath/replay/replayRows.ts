/** Rows on their way into ClickHouse, in large batches, as promises. */
import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { Log } from '../../log/log.ts';
import type { PendingRow } from '../pendingRow.ts';
import { clickHouseRowStore } from '../rowStore.ts';
import { makeWriter } from '../writer.ts';
import type { Outage } from './outage.ts';
import type { JobResult } from './replayMessages.ts';

export type Written =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Rows {
  /** Waits for room, no longer; `written` resolves when ClickHouse has answered. */
  add(row: Extract<JobResult, { kind: 'row' }>): Promise<{ readonly written: Promise<Written> }>;
  /** Writes what is there, and resolves when that is done. Call when nothing is added any more. */
  finish(): Promise<void>;
  /** Gives up: rows that are not confirmed now are never answered. */
  abandon(): Promise<void>;
}

/** About 15 MB of text; as many again wait while a batch is written. */
const FLUSH_ROWS = 10_000;
const FLUSH_BYTES = 67_108_864;
/** Only a slow replay writes smaller batches. */
const FLUSH_AFTER_MS = 5_000;
const UNTIL_DONE_MS = 2 ** 31 - 1;

interface WaitingRow extends PendingRow {
  readonly answer: (written: Written) => void;
}

export function makeRows(options: {
  readonly client: ClickHouseClient;
  readonly outage: Outage;
  readonly log: Log;
  readonly flushRows?: number;
}): Rows {
  const store = clickHouseRowStore(options.client);
  // ClickHouse drops a batch whose token it has seen, and the same rows may have come before: from the
  // daemon, and from replays of the same objects; newer ones may have taken their place since.
  const replay = randomUUID();
  const waiting: (() => void)[] = [];
  const answerOf = (row: PendingRow) => (row as WaitingRow).answer;
  const writer = makeWriter({
    store: {
      ...store,
      // A row that is there is the one to replace: it says nothing of ours.
      stored: async () => new Set(),
      async insert(table, lines, token, signal) {
        try {
          await store.insert(table, lines, `${replay} ${token}`, signal);
          options.outage.ended();
        } catch (error) {
          if (!store.isRowError(error)) options.outage.failed(error);
          throw error;
        }
      },
    },
    flushRows: options.flushRows ?? FLUSH_ROWS,
    flushBytes: FLUSH_BYTES,
    flushAfterMs: FLUSH_AFTER_MS,
    log: options.log,
    troubleText: 'the replay waits, and goes on from here',
    onStored: async (rows) => {
      for (const row of rows) answerOf(row)({ kind: 'stored' });
    },
    onRefused: async (row, reason) => answerOf(row)({ kind: 'refused', reason }),
    onRoom: () => {
      for (const goOn of waiting.splice(0)) goOn();
    },
  });
  return {
    async add(row) {
      while (writer.room() <= 0) await new Promise<void>((goOn) => waiting.push(goOn));
      const written = new Promise<Written>((answer) => {
        const pending: WaitingRow = {
          uid: row.measurementUid,
          testName: row.testName,
          measurementStartTime: row.measurementStartTime,
          row: row.row,
          openvpnRow: row.openvpnRow,
          mayBeStored: false,
          answer,
        };
        writer.add(pending);
      });
      return { written };
    },
    finish: () => writer.close(UNTIL_DONE_MS),
    abandon: () => writer.close(0),
  };
}
