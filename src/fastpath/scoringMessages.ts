/** What the main thread and the scoring threads say to each other. */
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';

export type ToWorker<Work = { readonly uid: string; readonly file: string }> =
  | ({ readonly kind: 'fingerprints' } & FingerprintTables)
  | { readonly kind: 'score'; readonly tasks: readonly Work[] };

export type FromWorker<Answer = Scored> =
  /** Loaded and listening: from here on, what kills the thread is the measurement's fault. */
  | { readonly kind: 'ready'; readonly progress: Int32Array }
  /** For the oldest tasks that it has not answered for, in their order. */
  | { readonly kind: 'scored'; readonly answers: readonly Answer[] };

export interface Scored {
  readonly uid: string;
  readonly scoringMs: number;
  readonly sizeBytes: number;
  readonly result: ScoringResult;
}

/** A scored measurement as the main thread needs it: rows are JSON texts, ready to be inserted. */
export type ScoringResult =
  | {
      readonly kind: 'row';
      readonly testName: string;
      readonly measurementStartTime: string;
      readonly row: string;
      readonly openvpnRow: string | undefined;
    }
  | { readonly kind: 'discard'; readonly reason: string }
  | { readonly kind: 'quarantine'; readonly reason: string }
  /** The process ended each time that it was scored alone. */
  | { readonly kind: 'deadly'; readonly reason: string }
  /** Not put into `pending/` by ooni-api: a link, say. */
  | { readonly kind: 'foreign'; readonly reason: string }
  /** So large that it is scored only when the task says that it is alone. */
  | { readonly kind: 'large' }
  /** The disk did not give it (EIO, EACCES): it stays pending for a later sweep. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** The file was no longer in `pending/`: somebody was quicker, nothing is left to do. */
  | { readonly kind: 'gone' };
