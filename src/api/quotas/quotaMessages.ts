/** What workers and the primary process tell each other of quotas. */

/** Units that clients have spent since the last report; to be answered. */
export interface QuotaReport {
  readonly kind: 'spent';
  /** Of the hashes; undefined while the worker has none. */
  readonly key: string | undefined;
  readonly spent: readonly (readonly [client: string, units: number])[];
}

/** What these clients have left, all workers together. */
export interface QuotaAnswer {
  readonly kind: 'quotas';
  /** Of the hashes that stand for clients; with another one all that was known is void. */
  readonly key: string;
  readonly standings: readonly (readonly [
    client: string,
    remaining: number,
    retryAfterS: number,
  ])[];
}

/** Who has the least left? */
export interface QuotaSummaryQuestion {
  readonly kind: 'quotas_summary';
}

export interface QuotaSummaryAnswer {
  readonly kind: 'quotas_summary';
  readonly summary: QuotaSummary;
}

/** Clients as hashes, with seconds of serving; the least first. */
export type QuotaSummary = readonly (readonly [client: string, secondsLeft: number])[];
