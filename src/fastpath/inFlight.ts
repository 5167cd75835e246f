/**
 * The measurements that this process has taken and is not done with, each in exactly one state. Pure:
 * what may be begun is decided from these counts, so memory is bounded by what is counted here.
 */

export type InFlightState =
  /** Handed to a scoring thread. */
  | 'scoring'
  /** Large: until no other large one is being scored. */
  | 'waiting'
  /** Large, and the only one of its kind that is being scored. */
  | 'scoring alone'
  /** Its row is with the writer. */
  | 'batched'
  /** Its row is confirmed, or it has none: on its way out of `pending/`. */
  | 'leaving';

export interface InFlight {
  has(uid: string): boolean;
  /** Taken from the intake. `mayBeStored`: a predecessor may have written its row. */
  begin(uid: string, mayBeStored: boolean): void;
  /** A thread found it to be large. */
  wait(uid: string): void;
  /** The large one whose turn it is, now scoring alone; undefined while there is none or one is. */
  nextAlone(): string | undefined;
  /** Large and being scored. */
  readonly alone: string | undefined;
  /** Its row goes to the writer. Gives `mayBeStored`. */
  batch(uid: string): boolean;
  leaving(uid: string): void;
  /** Nothing is left to do, or a later sweep does it. */
  end(uid: string): void;
  count(state: InFlightState): number;
  /** All but those whose rows the writer holds: each of them may need room there yet. */
  readonly outsideWriter: number;
}

export function makeInFlight(): InFlight {
  const measurements = new Map<string, { state: InFlightState; readonly mayBeStored: boolean }>();
  const counts = new Map<InFlightState, number>();
  /** In the order in which they were found to be large. */
  const waiting = new Set<string>();
  let alone: string | undefined;

  const add = (state: InFlightState, by: number) =>
    counts.set(state, (counts.get(state) ?? 0) + by);
  const leave = (uid: string, state: InFlightState) => {
    add(state, -1);
    if (uid === alone) alone = undefined;
    waiting.delete(uid);
  };
  const set = (uid: string, state: InFlightState): boolean => {
    const measurement = measurements.get(uid);
    if (measurement === undefined) return false;
    leave(uid, measurement.state);
    measurement.state = state;
    add(state, 1);
    return true;
  };

  return {
    has: (uid) => measurements.has(uid),
    begin(uid, mayBeStored) {
      measurements.set(uid, { state: 'scoring', mayBeStored });
      add('scoring', 1);
    },
    wait(uid) {
      if (set(uid, 'waiting')) waiting.add(uid);
    },
    nextAlone() {
      if (alone !== undefined) return undefined;
      for (const uid of waiting) {
        set(uid, 'scoring alone');
        alone = uid;
        return uid;
      }
      return undefined;
    },
    get alone() {
      return alone;
    },
    batch(uid) {
      set(uid, 'batched');
      return measurements.get(uid)?.mayBeStored ?? false;
    },
    leaving: (uid) => void set(uid, 'leaving'),
    end(uid) {
      const measurement = measurements.get(uid);
      if (measurement === undefined) return;
      leave(uid, measurement.state);
      measurements.delete(uid);
    },
    count: (state) => counts.get(state) ?? 0,
    get outsideWriter() {
      return measurements.size - (counts.get('batched') ?? 0);
    },
  };
}
