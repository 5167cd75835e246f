/**
 * The measurements that this process has taken and is not done with, each in exactly one state. Pure:
 * what may be begun is decided from these counts, so memory is bounded by what is counted here.
 */

export type InFlightState =
  /** Handed to a scoring thread. */
  | 'scoring'
  /** Large, or a suspect: until no other one is being scored alone. */
  | 'waiting'
  /** The only one of these that is being scored. */
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
  /** A process may have ended of it: waits to be scored alone, and may be stored. */
  suspect(uid: string): void;
  /** Suspects that have neither a row nor left: what is on its way to quarantine is not there yet. */
  readonly suspects: number;
  /** The one whose turn it is, now scoring alone; undefined while there is none or one is. */
  nextAlone(): string | undefined;
  /** What is being scored alone. */
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
  /** In the order in which they came to wait. */
  const waiting = new Set<string>();
  const suspects = new Set<string>();
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

  const begin = (uid: string, mayBeStored: boolean) => {
    measurements.set(uid, { state: 'scoring', mayBeStored });
    add('scoring', 1);
  };
  const wait = (uid: string) => {
    if (set(uid, 'waiting')) waiting.add(uid);
  };

  return {
    has: (uid) => measurements.has(uid),
    begin,
    wait,
    suspect(uid) {
      begin(uid, true);
      wait(uid);
      suspects.add(uid);
    },
    get suspects() {
      return suspects.size;
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
      suspects.delete(uid);
      return measurements.get(uid)?.mayBeStored ?? false;
    },
    leaving: (uid) => void set(uid, 'leaving'),
    end(uid) {
      const measurement = measurements.get(uid);
      if (measurement === undefined) return;
      leave(uid, measurement.state);
      measurements.delete(uid);
      suspects.delete(uid);
    },
    count: (state) => counts.get(state) ?? 0,
    get outsideWriter() {
      return measurements.size - (counts.get('batched') ?? 0);
    },
  };
}
