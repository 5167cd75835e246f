/**
 * BLAKE2b with a key and a digest of any length (RFC 7693): Node's OpenSSL has it without key only. For
 * texts of a line or two; whoever hashes more should not do it with BigInt.
 */

const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;

const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
] as const;
const ROUNDS = 12;

/** Columns, then diagonals. */
const MIXES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

const BLOCK_BYTES = 128;
const MAX_BYTES = 64;

/** `key`: up to 64 bytes, empty for none; `digestBytes`: 1 to 64. Throws RangeError for others. */
export function blake2b(input: Uint8Array, key: Uint8Array, digestBytes: number): Buffer {
  if (key.length > MAX_BYTES || digestBytes < 1 || digestBytes > MAX_BYTES)
    throw new RangeError('BLAKE2b: a key of up to 64 bytes and a digest of 1 to 64');
  const state: bigint[] = [...IV];
  state[0]! ^= 0x01010000n ^ (BigInt(key.length) << 8n) ^ BigInt(digestBytes);
  const data =
    key.length === 0 ? input : Buffer.concat([key, Buffer.alloc(BLOCK_BYTES - key.length), input]);
  const blocks = Math.max(1, Math.ceil(data.length / BLOCK_BYTES));
  for (let index = 0; index < blocks; index++) {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(data.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES));
    const isLast = index === blocks - 1;
    compress(state, block, isLast ? data.length : (index + 1) * BLOCK_BYTES, isLast);
  }
  const digest = Buffer.alloc(MAX_BYTES);
  for (const [index, word] of state.entries()) digest.writeBigUInt64LE(word, index * 8);
  return digest.subarray(0, digestBytes);
}

function compress(state: bigint[], block: Buffer, bytesSoFar: number, isLast: boolean): void {
  const message = Array.from({ length: 16 }, (_, index) => block.readBigUInt64LE(index * 8));
  const v: bigint[] = [...state, ...IV];
  v[12]! ^= BigInt(bytesSoFar);
  if (isLast) v[14] = BigInt.asUintN(64, ~v[14]!);
  for (let round = 0; round < ROUNDS; round++) {
    const order = SIGMA[round % SIGMA.length]!;
    for (const [at, [a, b, c, d]] of MIXES.entries()) {
      v[a] = BigInt.asUintN(64, v[a]! + v[b]! + message[order[2 * at]!]!);
      v[d] = rotate(v[d]! ^ v[a]!, 32n);
      v[c] = BigInt.asUintN(64, v[c]! + v[d]!);
      v[b] = rotate(v[b]! ^ v[c]!, 24n);
      v[a] = BigInt.asUintN(64, v[a]! + v[b]! + message[order[2 * at + 1]!]!);
      v[d] = rotate(v[d]! ^ v[a]!, 16n);
      v[c] = BigInt.asUintN(64, v[c]! + v[d]!);
      v[b] = rotate(v[b]! ^ v[c]!, 63n);
    }
  }
  for (let index = 0; index < 8; index++) state[index]! ^= v[index]! ^ v[index + 8]!;
}

/** To the right. */
function rotate(word: bigint, bits: bigint): bigint {
  return BigInt.asUintN(64, (word >> bits) | (word << (64n - bits)));
}
