/**
 * Which measurements are stored by one call: those that come while others are being stored wait for each other, so that
 * they share what waiting for the disk costs (docs/design/storing.md). Nobody waits where few are under way.
 */

/** Calls under way; what comes meanwhile waits for one of them to end. More would wait for each other in the kernel. */
const CALLS_AT_ONCE = 2;
/** Of one call, as in deposit.c. */
const MOST_OF_A_CALL = 16;
const MOST_BYTES = 524_288;
/** A larger measurement is stored by itself, and never waits: copying it is what costs. */
const LARGE_BYTES = 131_072;

export interface Batched {
  /** Those of one call are remembered on the same. */
  readonly day: string;
  readonly bytes: number;
}

export interface Batches<Item extends Batched> {
  /** Its call begins now, or when one that is under way has ended. */
  add(item: Item): void;
}

/** `store` never rejects, and resolves when the call has ended. */
export function makeBatches<Item extends Batched>(
  store: (items: readonly Item[]) => Promise<void>,
): Batches<Item> {
  let waiting: Item[] = [];
  let running = 0;

  const takeBatch = (): Item[] => {
    const batch: Item[] = [];
    const left: Item[] = [];
    let bytes = 0;
    for (const item of waiting) {
      const fits = batch.length < MOST_OF_A_CALL && bytes + item.bytes <= MOST_BYTES;
      if (fits && item.day === waiting[0]!.day) {
        batch.push(item);
        bytes += item.bytes;
      } else left.push(item);
    }
    waiting = left;
    return batch;
  };

  const begin = async () => {
    running++;
    while (waiting.length > 0) await store(takeBatch());
    running--;
  };

  return {
    add(item) {
      if (item.bytes > LARGE_BYTES) return void store([item]);
      waiting.push(item);
      if (running < CALLS_AT_ONCE) void begin();
    },
  };
}
