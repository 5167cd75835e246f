/**
 * A bound on the bytes of bodies that are in memory at once, shared fairly: when there is no room, the
 * slowest of those that are still coming in goes, not the one that asks.
 */
import { type Buffers, makeBufferStore } from './buffers.ts';
import type { LetGo } from './letGo.ts';

export interface Lease {
  /** Takes more; false when there is no room, and then nothing was taken. */
  grow(bytes: number): boolean;
  /** Gives a part back. */
  shrink(bytes: number): void;
  /** For what it holds, which grow() has counted. What is in them is of no use any more after release(). */
  readonly buffers: Buffers;
  /** Gives all back; fine to call twice. */
  release(): void;
  /**
   * From now on its body comes in from a client, and may have to make room for others: then `evicted`
   * is called, and its bytes count no more. Ends with the function that is returned.
   */
  receive(evicted: () => void): () => void;
}

export interface MemoryBudget {
  readonly maxBytes: number;
  readonly usedBytes: number;
  lease(): Lease;
}

/** Buffers that are kept for the next bodies, beside the bound: what two dozen of 1 MB take. */
const MAX_KEPT_BYTES = 67_108_864;
/** A body that has come in for less than this is not judged by its speed. */
const GRACE_MS = 2_000;
/** Speed is that of the last complete window. */
const WINDOW_MS = 2_000;

interface Holder {
  held: number;
  evict: (() => void) | undefined;
  sinceMs: number;
  windowMs: number;
  windowBytes: number;
  lastBytesMs: number;
  lastRate: number;
}

/** `letGo`: takes the memory of chunks that came in; the collector of garbage does where it is not given. */
export function makeMemoryBudget(
  maxBytes: number,
  nowMs: () => number = () => performance.now(),
  letGo?: LetGo,
): MemoryBudget {
  const holders = new Set<Holder>();
  const store = makeBufferStore(Math.min(MAX_KEPT_BYTES, maxBytes), letGo);
  let used = 0;

  const take = (holder: Holder, bytes: number) => {
    holder.held += bytes;
    used += bytes;
    if (holder.held > 0) holders.add(holder);
    else holders.delete(holder);
  };

  /** Bytes a millisecond. */
  const rate = (holder: Holder): number => {
    const now = nowMs();
    if (now - holder.lastBytesMs >= WINDOW_MS) return 0;
    const elapsed = now - holder.windowMs;
    return elapsed < WINDOW_MS ? holder.lastRate : holder.windowBytes / elapsed;
  };

  const count = (holder: Holder, bytes: number) => {
    const now = nowMs();
    if (now - holder.windowMs >= WINDOW_MS) {
      holder.lastRate = rate(holder);
      holder.windowMs = now;
      holder.windowBytes = 0;
    }
    holder.windowBytes += bytes;
    holder.lastBytesMs = now;
  };

  /** The slowest that holds more than its share, or more than who asks would; of equals the largest. */
  const victim = (asks: Holder, needBytes: number): Holder | undefined => {
    const least = Math.min(needBytes, maxBytes / (holders.size + 1));
    let found: Holder | undefined;
    for (const holder of holders) {
      if (holder === asks || holder.evict === undefined || holder.held <= least) continue;
      if (nowMs() - holder.sinceMs < GRACE_MS) continue;
      const slower = found === undefined ? -1 : rate(holder) - rate(found);
      if (slower < 0 || (slower === 0 && holder.held > found!.held)) found = holder;
    }
    return found;
  };

  const makeRoom = (asks: Holder, bytes: number): boolean => {
    const needBytes = asks.held + bytes;
    if (needBytes > maxBytes) return false;
    while (used + bytes > maxBytes) {
      const goes = victim(asks, needBytes);
      if (goes === undefined) return false;
      const { evict } = goes;
      goes.evict = undefined;
      take(goes, -goes.held);
      evict!();
    }
    return true;
  };

  return {
    maxBytes,
    get usedBytes() {
      return used;
    },
    lease() {
      const holder: Holder = {
        held: 0,
        evict: undefined,
        sinceMs: 0,
        windowMs: 0,
        windowBytes: 0,
        lastBytesMs: 0,
        lastRate: 0,
      };
      const buffers = store.begin();
      return {
        buffers,
        grow(bytes) {
          if (used + bytes > maxBytes && !makeRoom(holder, bytes)) return false;
          take(holder, bytes);
          if (holder.evict !== undefined) count(holder, bytes);
          return true;
        },
        shrink: (bytes) => take(holder, -Math.min(bytes, holder.held)),
        release() {
          take(holder, -holder.held);
          buffers.release();
        },
        receive(evicted) {
          holder.sinceMs = nowMs();
          holder.windowMs = holder.sinceMs;
          holder.lastBytesMs = holder.sinceMs;
          holder.evict = evicted;
          return () => {
            holder.evict = undefined;
          };
        },
      };
    },
  };
}
