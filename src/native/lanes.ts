/**
 * Turns of jobs that need a thread of Node's pool for long: small ones and large ones wait apart, so that no honest body
 * waits for what others make, and most threads are left for storing, whatever others send.
 */

/** Bytes that a small job reads and writes: milliseconds of work. */
const SMALL_BYTES = 4_194_304;
const SMALL_AT_ONCE = 4;
const LARGE_AT_ONCE = 1;

/** Jobs that wait for a thread. They are small, or few fit into memory. */
export const MAX_WAITING = 128;

export interface Lanes {
  /** Waits for a turn of a job of so many bytes. Resolves with what ends it; undefined: too many wait. */
  enter(bytes: number): Promise<(() => void) | undefined>;
  /** Those that wait fail. */
  close(): void;
}

export function isSmall(bytes: number): boolean {
  return bytes <= SMALL_BYTES;
}

export function makeLanes(): Lanes {
  const small = makeLane(SMALL_AT_ONCE);
  const large = makeLane(LARGE_AT_ONCE);
  return {
    enter: (bytes) => (isSmall(bytes) ? small : large).enter(),
    close() {
      small.close();
      large.close();
    },
  };
}

function makeLane(atOnce: number) {
  const waiting: { readonly admit: () => void; readonly fail: (error: Error) => void }[] = [];
  let running = 0;
  // Whoever leaves hands its place over.
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next.admit();
  };
  return {
    async enter() {
      if (running < atOnce) {
        running++;
        return leave;
      }
      if (waiting.length >= MAX_WAITING) return undefined;
      await new Promise<void>((admit, fail) => waiting.push({ admit, fail }));
      return leave;
    },
    close() {
      for (const { fail } of waiting.splice(0)) fail(new Error('stopping'));
    },
  };
}
