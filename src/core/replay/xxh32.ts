/** xxHash, 32 bits: the checksum inside LZ4 frames. */

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;
const STRIPE = 16;

export interface Xxh32 {
  update(bytes: Uint8Array): void;
  /** Unsigned. */
  digest(): number;
}

/** With seed 0. */
export function xxh32(): Xxh32 {
  let a = (P1 + P2) | 0;
  let b = P2 | 0;
  let c = 0;
  let d = -P1 | 0;
  let total = 0;
  const rest = Buffer.alloc(STRIPE);
  let restBytes = 0;

  const stripe = (bytes: Uint8Array, at: number) => {
    a = round(a, word(bytes, at));
    b = round(b, word(bytes, at + 4));
    c = round(c, word(bytes, at + 8));
    d = round(d, word(bytes, at + 12));
  };

  return {
    update(bytes) {
      total += bytes.length;
      let at = 0;
      if (restBytes > 0) {
        at = Math.min(STRIPE - restBytes, bytes.length);
        rest.set(bytes.subarray(0, at), restBytes);
        restBytes += at;
        if (restBytes < STRIPE) return;
        stripe(rest, 0);
        restBytes = 0;
      }
      for (; at + STRIPE <= bytes.length; at += STRIPE) stripe(bytes, at);
      rest.set(bytes.subarray(at));
      restBytes = bytes.length - at;
    },

    digest() {
      let hash =
        total >= STRIPE
          ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
          : P5 | 0;
      hash = (hash + total) | 0;
      let at = 0;
      for (; at + 4 <= restBytes; at += 4)
        hash = Math.imul(rotate((hash + Math.imul(word(rest, at), P3)) | 0, 17), P4);
      for (; at < restBytes; at++)
        hash = Math.imul(rotate((hash + Math.imul(rest[at]!, P5)) | 0, 11), P1);
      hash = Math.imul(hash ^ (hash >>> 15), P2);
      hash = Math.imul(hash ^ (hash >>> 13), P3);
      return (hash ^ (hash >>> 16)) >>> 0;
    },
  };
}

/** Of bytes that are there at once. */
export function xxh32Of(bytes: Uint8Array): number {
  const hash = xxh32();
  hash.update(bytes);
  return hash.digest();
}

function round(state: number, input: number): number {
  return Math.imul(rotate((state + Math.imul(input, P2)) | 0, 13), P1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
