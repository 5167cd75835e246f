/**
 * The tables behind the one-pass search (patternSearch.ts).
 *
 * A body is looked at in blocks of some bytes ("grams") that begin at every so many bytes (the
 * stride). A pattern as long as a block and a stride together, less one, holds a whole block wherever
 * it lies, so it is found by knowing the grams that can be the first: those that begin at `stride`
 * consecutive places of the pattern. Which places is free, and those are taken whose first four bytes
 * are rarest: what is common in web pages would send the search to look in vain.
 *
 * Every block of a body is looked up in the filter of its stride, by its first four bytes; the few that
 * pass are looked up in the indexes, by the whole gram.
 */

/** How a body is sampled for patterns of a certain length. */
export interface Sampling {
  readonly gramBytes: 8 | 4;
  readonly strideBytes: 4 | 1;
}

/** By the highest bits of the hash of four bytes: a word that has both its bits set when some gram begins so. */
export interface Filter {
  readonly words: Int32Array;
  readonly shift: number;
}

export interface GramIndex {
  readonly gramBytes: Sampling['gramBytes'];
  /** First entry for the highest bits of a hash, or -1; `next` chains the entries that share them. */
  readonly heads: Int32Array;
  readonly headShift: number;
  readonly next: Int32Array;
  /** For each entry: the hash of its gram, the pattern that has it, and where in the pattern. */
  readonly hashOf: Int32Array;
  readonly patternOf: Int32Array;
  readonly offsetOf: Int32Array;
}

/** Two of these bits are set for an entry: of the blocks that are no gram, one in some hundred passes. */
const FILTER_BITS_PER_ENTRY = 32;
/** 128 KiB at most, to stay within the second-level cache of any machine. */
const FILTER_BITS_LOG2 = { min: 12, max: 20 };
const HEADS_LOG2 = { min: 8, max: 18 };

/** Shortest pattern that holds a whole block wherever it lies. */
export function shortestSampled({ gramBytes, strideBytes }: Sampling): number {
  return gramBytes + strideBytes - 1;
}

/** Hash of the gram in one block of four bytes; its highest bits are the good ones. */
export function hashGram(first: number): number {
  return Math.imul(first, 0x9e3779b1);
}

/** The same of 8 bytes, by the hash of the first four. */
export function hashLonger(hash: number, second: number): number {
  return hash ^ Math.imul(second, 0x85ebca6b);
}

/** Of how far something is shifted, JavaScript takes the lowest five bits. */
function bitsOf(hash: number): number {
  return (1 << (hash >>> 9)) | (1 << (hash >>> 14));
}

/** Of the grams of these indexes, which were made of these patterns. */
export function buildFilter(
  patterns: readonly Uint8Array[],
  indexes: readonly GramIndex[],
): Filter {
  const entries = indexes.reduce((sum, { patternOf }) => sum + patternOf.length, 0);
  const log2 = clampLog2(entries * FILTER_BITS_PER_ENTRY, FILTER_BITS_LOG2) - 5;
  const filter = { words: new Int32Array(2 ** log2), shift: 32 - log2 };
  for (const { patternOf, offsetOf } of indexes) {
    for (const [entry, pattern] of patternOf.entries()) {
      const hash = hashAt(patterns[pattern]!, offsetOf[entry]!, 4);
      filter.words[hash >>> filter.shift]! |= bitsOf(hash);
    }
  }
  return filter;
}

/** Indexes the patterns that `members` names; each must be long enough for the sampling. */
export function buildGramIndex(
  patterns: readonly Uint8Array[],
  members: readonly number[],
  sampling: Sampling,
): GramIndex {
  const { gramBytes, strideBytes } = sampling;
  const entries = members.length * strideBytes;
  const headsLog2 = clampLog2(entries * 2, HEADS_LOG2);
  const index: GramIndex = {
    gramBytes,
    heads: new Int32Array(2 ** headsLog2).fill(-1),
    headShift: 32 - headsLog2,
    next: new Int32Array(entries),
    hashOf: new Int32Array(entries),
    patternOf: new Int32Array(entries),
    offsetOf: new Int32Array(entries),
  };

  const commonness = gramCommonness(patterns);
  let entry = 0;
  for (const member of members) {
    const pattern = patterns[member]!;
    const start = rarestWindow(pattern, sampling, commonness);
    for (let offset = start; offset < start + strideBytes; offset++, entry++) {
      const hash = hashAt(pattern, offset, gramBytes);
      const slot = hash >>> index.headShift;
      index.hashOf[entry] = hash;
      index.next[entry] = index.heads[slot]!;
      index.heads[slot] = entry;
      index.patternOf[entry] = member;
      index.offsetOf[entry] = offset;
    }
  }
  return index;
}

/** Reads the gram as the typed arrays of the search show it, on a little-endian machine. */
function hashAt(bytes: Uint8Array, offset: number, gramBytes: number): number {
  const word = (from: number): number =>
    bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24);
  const hash = hashGram(word(offset));
  return gramBytes === 8 ? hashLonger(hash, word(offset + 4)) : hash;
}

type Commonness = (bytes: Uint8Array, offset: number) => number;

/** Start of the window, just long enough for the sampling, whose grams have the rarest beginnings together. */
function rarestWindow(pattern: Uint8Array, sampling: Sampling, commonness: Commonness): number {
  let best = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let start = 0; start + shortestSampled(sampling) <= pattern.length; start++) {
    let total = 0;
    for (let i = 0; i < sampling.strideBytes; i++) total += commonness(pattern, start + i);
    if (total < lowest) {
      best = start;
      lowest = total;
    }
  }
  return best;
}

/**
 * How often the four bytes at an offset are to be expected in a body, guessed from the patterns, which are pieces of web
 * pages themselves: by the shares of its pairs of bytes.
 */
function gramCommonness(patterns: readonly Uint8Array[]): Commonness {
  // Nothing is impossible: what no pattern has still counts as seen in part.
  const pairs = new Float64Array(65536).fill(1 / 4);
  const firsts = new Float64Array(256).fill(64);
  for (const pattern of patterns) {
    for (let i = 0; i + 1 < pattern.length; i++) {
      pairs[pattern[i]! * 256 + pattern[i + 1]!]! += 1;
      firsts[pattern[i]!]! += 1;
    }
  }
  return (bytes, offset) => {
    let share = firsts[bytes[offset]!]!;
    for (let i = offset; i < offset + 3; i++) {
      share *= pairs[bytes[i]! * 256 + bytes[i + 1]!]! / firsts[bytes[i]!]!;
    }
    return share;
  };
}

function clampLog2(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, Math.ceil(Math.log2(value || 1))));
}
