import { type GramIndex, hashGram } from './gramIndex.ts';

/** Bytes of a body looked at in one go: few enough to stay in the first-level cache. */
export const PIECE_BYTES = 16 * 1024;
/** And what of the next piece the last block may reach into. */
export const OVERLAP_BYTES = 8;

/** A piece of a body, and the blocks in it that passed a filter. */
export interface Piece {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  /** Where the blocks begin in the piece, and the hashes of their grams. */
  readonly hitPlaces: Int32Array;
  readonly hitHashes: Int32Array;
}

export function allocatePiece(): Piece {
  const memory = new ArrayBuffer(PIECE_BYTES + OVERLAP_BYTES);
  return {
    bytes: Buffer.from(memory),
    words: new Int32Array(memory),
    hitPlaces: new Int32Array(PIECE_BYTES),
    hitHashes: new Int32Array(PIECE_BYTES),
  };
}

/**
 * Looks up the blocks that begin in a piece and lie within its first bytes, overlap included. Notes
 * those that pass and returns their number. This is where the time of a search goes: one plain loop
 * for each sampling, over one type of array.
 */
export type FindHits = (piece: Piece, lengthBytes: number, index: GramIndex) => number;

/** Blocks of 8 bytes at every fourth byte. */
export const findOctets: FindHits = (piece, lengthBytes, { filter, filterShift }) => {
  const { words, hitPlaces, hitHashes } = piece;
  const end = Math.min(PIECE_BYTES, lengthBytes - 7) / 4;
  let found = 0;
  for (let i = 0; i < end; i++) {
    const hash = hashGram(words[i]!, words[i + 1]!);
    const bit = hash >>> filterShift;
    if (((filter[bit >>> 5]! >>> (bit & 31)) & 1) !== 0) {
      hitPlaces[found] = i * 4;
      hitHashes[found++] = hash;
    }
  }
  return found;
};

/** Blocks of 4 bytes at every fourth byte. */
export const findQuartets: FindHits = (piece, lengthBytes, { filter, filterShift }) => {
  const { words, hitPlaces, hitHashes } = piece;
  const end = Math.min(PIECE_BYTES, lengthBytes - 3) / 4;
  let found = 0;
  for (let i = 0; i < end; i++) {
    const hash = hashGram(words[i]!);
    const bit = hash >>> filterShift;
    if (((filter[bit >>> 5]! >>> (bit & 31)) & 1) !== 0) {
      hitPlaces[found] = i * 4;
      hitHashes[found++] = hash;
    }
  }
  return found;
};

/** Blocks of 4 bytes at every byte. */
export const findQuartetsAnywhere: FindHits = (piece, lengthBytes, { filter, filterShift }) => {
  const { bytes, hitPlaces, hitHashes } = piece;
  const end = Math.min(PIECE_BYTES, lengthBytes - 3);
  let word = (bytes[0]! << 8) | (bytes[1]! << 16) | (bytes[2]! << 24);
  let found = 0;
  for (let i = 0; i < end; i++) {
    word = (word >>> 8) | (bytes[i + 3]! << 24);
    const hash = hashGram(word);
    const bit = hash >>> filterShift;
    if (((filter[bit >>> 5]! >>> (bit & 31)) & 1) !== 0) {
      hitPlaces[found] = i;
      hitHashes[found++] = hash;
    }
  }
  return found;
};
