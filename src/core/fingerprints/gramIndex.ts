/**
 * The tables behind the one-pass search (search.ts).
 *
 * A body is looked at in blocks of some bytes ("grams") that begin at every so many bytes (the
 * stride). A pattern as long as a block and a stride together, less one, holds a whole block wherever
 * it lies, so it is found by knowing the grams that can be the first: those that begin at `stride`
 * consecutive places of the pattern. Which places is free, and the rarest grams are taken: one that
 * is common in web pages would send the search to look in vain.
 */

/** How a body is sampled for patterns of a certain length. */
export interface Sampling {
  readonly gramBytes: 8 | 4;
  readonly strideBytes: 4 | 1;
}

export interface GramIndex {
  /** One bit for each hash of a gram: whether some pattern has a gram with this hash. */
  readonly filter: Int32Array;
  readonly filterShift: number;
  /** First entry for the highest bits of a hash, or -1; `next` chains the entries that share them. */
  readonly heads: Int32Array;
  readonly headShift: number;
  readonly next: Int32Array;
  /** For each entry: the pattern that has the gram, and where in the pattern. */
  readonly patternOf: Int32Array;
  readonly offsetOf: Int32Array;
}

/** Filter bits for each entry: of the blocks that are no gram, one in this many passes. */
const FILTER_BITS_PER_ENTRY = 32;
/** 128 KiB at most, to stay within the second-level cache of any machine. */
const FILTER_BITS_LOG2 = { min: 12, max: 20 };
const HEADS_LOG2 = { min: 8, max: 18 };

/** Shortest pattern that holds a whole block wherever it lies. */
export function shortestSampled({ gramBytes, strideBytes }: Sampling): number {
  return gramBytes + strideBytes - 1;
}

/** Hash of the gram in one block; its highest bits are the good ones. `second` is for 8 bytes. */
export function hashGram(first: number, second = 0): number {
  return Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
}

/** Indexes the patterns that `members` names; each must be long enough for the sampling. */
export function buildGramIndex(
  patterns: readonly Uint8Array[],
  members: readonly number[],
  sampling: Sampling,
): GramIndex {
  const { gramBytes, strideBytes } = sampling;
  const entries = members.length * strideBytes;
  const filterLog2 = clampLog2(entries * FILTER_BITS_PER_ENTRY, FILTER_BITS_LOG2);
  const headsLog2 = clampLog2(entries * 2, HEADS_LOG2);
  const index: GramIndex = {
    filter: new Int32Array(2 ** (filterLog2 - 5)),
    filterShift: 32 - filterLog2,
    heads: new Int32Array(2 ** headsLog2).fill(-1),
    headShift: 32 - headsLog2,
    next: new Int32Array(entries),
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
      const bit = hash >>> index.filterShift;
      const slot = hash >>> index.headShift;
      index.filter[bit >>> 5]! |= 1 << (bit & 31);
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
  return gramBytes === 8 ? hashGram(word(offset), word(offset + 4)) : hashGram(word(offset));
}

type Commonness = (bytes: Uint8Array, offset: number, gramBytes: number) => number;

/** Start of the window, just long enough for the sampling, whose grams are rarest together. */
function rarestWindow(pattern: Uint8Array, sampling: Sampling, commonness: Commonness): number {
  let best = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let start = 0; start + shortestSampled(sampling) <= pattern.length; start++) {
    let total = 0;
    for (let i = 0; i < sampling.strideBytes; i++) {
      total += commonness(pattern, start + i, sampling.gramBytes);
    }
    if (total < lowest) {
      best = start;
      lowest = total;
    }
  }
  return best;
}

/**
 * How often a gram is to be expected in a body, guessed from the patterns, which are pieces of web
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
  return (bytes, offset, gramBytes) => {
    let share = firsts[bytes[offset]!]!;
    for (let i = offset; i < offset + gramBytes - 1; i++) {
      share *= pairs[bytes[i]! * 256 + bytes[i + 1]!]! / firsts[bytes[i]!]!;
    }
    return share;
  };
}

function clampLog2(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, Math.ceil(Math.log2(value || 1))));
}
