/**
 * Of the workers of a host one reads what is followed in the database, keeps it on disk and tells the
 * others, by way of the primary process: the counters of the world cost seconds of processor time to read, and a
 * database that is away is said once. One that is started again begins with what is on disk.
 */
import type { Current } from '../../program/keptValue.ts';

/** From the worker that reads to the primary, and from there to all others. */
export interface FollowedNews {
  readonly kind: 'followed';
  /** The name of the value, as in its Keeping. */
  readonly name: string;
  readonly current: Current<unknown>;
}

export interface FollowedSharing {
  /** Whether this worker is the one that reads. */
  readonly reads: boolean;
  /** Of the one that reads. */
  tell(name: string, current: Current<unknown>): void;
  /** Of the others: calls back with what the one that reads has taken. */
  hear(name: string, take: (current: Current<unknown>) => void): void;
}

/** One process alone has nobody to tell. */
export const ALONE: FollowedSharing = { reads: true, tell() {}, hear() {} };

export interface WorkerSharing extends FollowedSharing {
  heard(news: FollowedNews): void;
}

export function makeWorkerSharing(parts: {
  readonly reads: boolean;
  readonly tell: (news: FollowedNews) => void;
}): WorkerSharing {
  const takers = new Map<string, (current: Current<unknown>) => void>();
  return {
    reads: parts.reads,
    tell: (name, current) => parts.tell({ kind: 'followed', name, current }),
    hear: (name, take) => void takers.set(name, take),
    heard: ({ name, current }) => takers.get(name)?.(current),
  };
}
