/**
 * What a scoring thread is at, in memory that it shares with the main thread: read when the thread is
 * dead, or does not answer any more, and so can tell nobody.
 */
export type Phase =
  /** Waits, or reads the measurement: a slow disk is not its fault. */
  | 'reading'
  | 'scoring'
  /** Sends what it has made of this one, and of those before it that it has not answered for. */
  | 'answering';

export interface At {
  /** Of the tasks of the thread's life, from 0; counted round from `TASK_COUNT`. */
  readonly task: number;
  readonly phase: Phase;
}

const PHASES: readonly Phase[] = ['reading', 'scoring', 'answering'];
const PHASE_BITS = 2;
/** One number holds both, so that they are never seen apart. */
const TASK_COUNT = 2 ** (32 - PHASE_BITS);

export function makeProgress(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** `task` is the one before, or the next one. */
export function setProgress(progress: Int32Array, { task, phase }: At): void {
  Atomics.store(progress, 0, (task << PHASE_BITS) | PHASES.indexOf(phase));
}

export function progressAt(progress: Int32Array): At {
  const value = Atomics.load(progress, 0);
  return { task: value >>> PHASE_BITS, phase: PHASES[value & (2 ** PHASE_BITS - 1)]! };
}

/** How many tasks later than `answered` that is. */
export function tasksSince(answered: number, task: number): number {
  return (task - answered) & (TASK_COUNT - 1);
}
