/**
 * What to score next: fresh hints first, the backlog found in `pending/` behind them.
 *
 * Memory is bounded whatever is pending: hints over the limit are dropped (a sweep finds those
 * measurements), and a sweep reads the folder only as fast as measurements are taken from it.
 */
import type { MeasurementUid } from '../core/measurement/measurementUid.ts';

export interface IntakeOptions {
  /** Uids in `pending/`, read as they are asked for. */
  readonly listPending: () => AsyncGenerator<MeasurementUid>;
  readonly maxHints: number;
  readonly sweepIntervalMs: number;
  /** Called when there is something to take. */
  readonly onReady: () => void;
}

export interface Candidate {
  readonly uid: string;
  /**
   * Found by a sweep: its row may be stored already, by a predecessor that died before the unlink, or
   * by this process when the disk refused the unlink.
   */
  readonly mayBeStored: boolean;
}

export interface Intake {
  hint(uid: MeasurementUid): void;
  /** The next measurement, or undefined when there is none now. Must not be called concurrently. */
  next(): Promise<Candidate | undefined>;
  readonly waitingHints: number;
  readonly droppedHints: number;
  close(): void;
}

export function makeIntake(options: IntakeOptions): Intake {
  // A Set keeps insertion order and makes a repeated hint cost nothing.
  const hints = new Set<string>();
  let droppedHints = 0;
  let sweep: AsyncGenerator<MeasurementUid> | undefined = options.listPending();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const endSweep = () => {
    sweep = undefined;
    if (closed) return;
    timer = setTimeout(() => {
      sweep = options.listPending();
      options.onReady();
    }, options.sweepIntervalMs);
  };

  return {
    hint(uid) {
      if (hints.size >= options.maxHints) droppedHints++;
      else hints.add(uid.text);
      options.onReady();
    },
    async next() {
      for (const uid of hints) {
        hints.delete(uid);
        return { uid, mayBeStored: false };
      }
      if (sweep === undefined) return undefined;
      try {
        const step = await sweep.next();
        if (!step.done) return { uid: step.value.text, mayBeStored: true };
      } catch (error) {
        endSweep();
        throw error;
      }
      endSweep();
      return undefined;
    },
    get waitingHints() {
      return hints.size;
    },
    get droppedHints() {
      return droppedHints;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      void sweep?.return(undefined);
    },
  };
}
