/** Bytes of chance in small pieces, where asking for each alone costs more than what is made of it. */

const POOL_BYTES = 16_384;

/**
 * `fill`: as node's randomFillSync, from a cryptographic source. No byte is given out twice; what is given
 * is the caller's own. Pieces are of at most 16 KiB.
 */
export function makeRandomPool(fill: (bytes: Uint8Array) => void): (count: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return (count) => {
    if (count > POOL_BYTES) throw new RangeError(`${count} bytes of chance at once`);
    if (used + count > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    const piece = pool.slice(used, used + count);
    // What was given out is not kept.
    pool.fill(0, used, used + count);
    used += count;
    return piece;
  };
}
