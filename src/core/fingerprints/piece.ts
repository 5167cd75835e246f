import { type Filter, hashGram } from './gramIndex.ts';

/** Bytes of a body looked at in one go: few enough to stay in the first-level cache. */
export const PIECE_BYTES = 16 * 1024;
/** And what of the next piece the last block may reach into. */
export const OVERLAP_BYTES = 8;

/** A piece of a body, and the blocks in it that passed a filter. */
export interface Piece {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  /** Where the blocks begin in the piece, and the hashes of their first four bytes. */
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
 * Looks up four bytes wherever a block begins in a piece and lies within its first bytes, overlap
 * included. Notes those that pass, which have both bits of `bitsOf`, and returns their number. This is
 * where the time of a search goes: one plain loop for each stride, over one type of array, without calls
 * that V8 may not put in their place.
 */
export type FindHits = (piece: Piece, lengthBytes: number, filter: Filter) => number;

/** At every fourth byte. */
export const findAligned: FindHits = (piece, lengthBytes, { words: filter, shift }) => {
  const { words, hitPlaces, hitHashes } = piece;
  const end = Math.min(PIECE_BYTES, lengthBytes - 3) / 4;
  let found = 0;
  for (let i = 0; i < end; i++) {
    const hash = hashGram(words[i]!);
    const word = filter[hash >>> shift]!;
    if (((word >>> (hash >>> 9)) & (word >>> (hash >>> 14)) & 1) !== 0) {
      hitPlaces[found] = i * 4;
      hitHashes[found++] = hash;
    }
  }
  return found;
};

/** At every byte. */
export const findAnywhere: FindHits = (piece, lengthBytes, { words: filter, shift }) => {
  const { bytes, hitPlaces, hitHashes } = piece;
  const end = Math.min(PIECE_BYTES, lengthBytes - 3);
  let four = (bytes[0]! << 8) | (bytes[1]! << 16) | (bytes[2]! << 24);
  let found = 0;
  for (let i = 0; i < end; i++) {
    four = (four >>> 8) | (bytes[i + 3]! << 24);
    const hash = hashGram(four);
    const word = filter[hash >>> shift]!;
    if (((word >>> (hash >>> 9)) & (word >>> (hash >>> 14)) & 1) !== 0) {
      hitPlaces[found] = i;
      hitHashes[found++] = hash;
    }
  }
  return found;
};
