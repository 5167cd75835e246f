/** A bound on the bytes of bodies that are in memory at once. */

export interface Lease {
  /** Takes more; false when there is no room, and then nothing was taken. */
  grow(bytes: number): boolean;
  /** Gives a part back. */
  shrink(bytes: number): void;
  /** Gives all back; fine to call twice. */
  release(): void;
}

export interface MemoryBudget {
  readonly usedBytes: number;
  lease(): Lease;
}

export function makeMemoryBudget(maxBytes: number): MemoryBudget {
  let used = 0;
  return {
    get usedBytes() {
      return used;
    },
    lease() {
      let held = 0;
      const take = (bytes: number) => {
        held += bytes;
        used += bytes;
      };
      return {
        grow(bytes) {
          if (used + bytes > maxBytes) return false;
          take(bytes);
          return true;
        },
        shrink: (bytes) => take(-Math.min(bytes, held)),
        release: () => take(-held),
      };
    },
  };
}
