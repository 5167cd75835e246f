/** Rows that wait for a batch: as many as one holds, in number and in bytes. */
import { bytesOf, type PendingRow } from './pendingRow.ts';

export interface BatchLimits {
  readonly flushRows: number;
  readonly flushBytes: number;
}

export interface RowQueue {
  readonly length: number;
  /** Takes the row, also when there is no room. */
  add(row: PendingRow): void;
  /** How many more rows fit. */
  room(): number;
  isFull(): boolean;
  /** The oldest rows, as many as one batch holds. */
  takeBatch(): PendingRow[];
}

export function makeRowQueue({ flushRows, flushBytes }: BatchLimits): RowQueue {
  const rows: PendingRow[] = [];
  let bytes = 0;
  const isFull = () => rows.length >= flushRows || bytes >= flushBytes;
  return {
    get length() {
      return rows.length;
    },
    add(row) {
      rows.push(row);
      bytes += bytesOf(row);
    },
    room: () => (isFull() ? 0 : flushRows - rows.length),
    isFull,
    takeBatch() {
      let takenRows = 0;
      let takenBytes = 0;
      while (takenRows < rows.length && takenRows < flushRows && takenBytes < flushBytes)
        takenBytes += bytesOf(rows[takenRows++]!);
      bytes -= takenBytes;
      return rows.splice(0, takenRows);
    },
  };
}
