/** A row on its way into ClickHouse, and ClickHouse as the writer sees it. */

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

/** What a row takes of a batch. */
export function bytesOf({ row, openvpnRow }: PendingRow): number {
  return Buffer.byteLength(row) + (openvpnRow === undefined ? 0 : Buffer.byteLength(openvpnRow));
}
