/**
 * Storing a measurement whole: claimed against equal ones in other processes, durable, remembered. Two
 * programs do it, a native one in one call and one in JavaScript; both keep to what stands here, and the
 * same tests run against both (docs/design/storing.md).
 */
import type { MeasurementUid } from '../../../core/measurement/measurementUid.ts';
import type { FirstAnswer, Seen } from '../seen.ts';
import type { Spool } from '../spool.ts';

export interface Deposit {
  readonly uid: MeasurementUid;
  /** Nobody changes it while it is stored. */
  readonly envelope: Uint8Array;
  /** Names the submission among all: 64 hex digits. */
  readonly key: string;
  /** What the submission is remembered with. */
  readonly answer: FirstAnswer;
  readonly nowMs: number;
}

export type Deposited =
  /** Durable: the promise behind a 200. */
  | 'stored'
  /** The spool has a measurement of this uid, and it is as it was: try with another one. */
  | 'uid_taken'
  /** The same was stored before, and is remembered. */
  | 'seen'
  /** Another is storing an equal submission. */
  | 'claimed';

export interface Depositor {
  /**
   * For a caller who asks for each key once at a time. Throws when it could not be stored; then, as with
   * all that is not `stored`, nothing of it is left.
   */
  deposit(deposit: Deposit): Promise<Deposited>;
}

export interface DepositorParts {
  readonly spool: Spool;
  readonly seen: Seen;
  /** The memory of submissions failed. It costs a duplicate at worst, so the measurement is stored. */
  readonly onMemoryFault: (error: unknown) => void;
}
