/**
 * Finds which of many patterns occur in a body, in one pass over it, with exactly the answer of
 * trying each pattern in turn.
 *
 * The body is copied, piece by piece, into a buffer of bytes, and four bytes at every fourth are looked
 * up in a filter (gramIndex.ts). Only the few blocks that pass are looked at closer, as blocks of 8 bytes
 * for patterns of 11 bytes or more, which are nearly all, of 4 bytes for shorter ones: the patterns that
 * have such a block are compared with the piece, and at last with the body itself. Patterns of fewer
 * than 4 bytes are in nearly every body, and a plain search for them ends at once.
 *
 * Text is copied by the low byte of each UTF-16 unit. That loses what is beyond Latin-1, but the
 * patterns are indexed the same way, so nothing is missed, places in the text stay the same, and the
 * last comparison is done on the text. It is also the one copy that is cheap for every kind of text.
 *
 * Cost: each block is looked up once. A body made to pass the filters everywhere can have a pattern
 * compared for a number of bytes that is a small part of the body's; then the pattern is searched for
 * plainly. So at worst a body costs about what trying each pattern in turn costs.
 */
import {
  buildFilter,
  buildGramIndex,
  type Filter,
  type GramIndex,
  hashLonger,
  type Sampling,
  shortestSampled,
} from './gramIndex.ts';
import {
  allocatePiece,
  type FindHits,
  findAligned,
  findAnywhere,
  OVERLAP_BYTES,
  PIECE_BYTES,
} from './piece.ts';

/** Indices, ascending, of the patterns that occur in a body. Bytes are searched for UTF-8. */
export type PatternSearch = (body: string | Uint8Array) => readonly number[];

export function compilePatterns(patterns: readonly string[]): PatternSearch {
  const lowBytes = patterns.map((pattern) => Buffer.from(pattern, 'latin1'));
  const utf8 = patterns.map((pattern) => Buffer.from(pattern, 'utf8'));
  const searchText = compileScanner(lowBytes);
  const searchBytes = compileScanner(utf8);
  return (body) =>
    typeof body === 'string'
      ? searchText(textBody(body, patterns))
      : searchBytes(bytesBody(body, utf8));
}

/** What the scanner needs of a body. Patterns go by their index. */
interface Body {
  readonly length: number;
  copy(from: number, to: number, into: Buffer): void;
  hasAt(pattern: number, place: number): boolean;
  has(pattern: number): boolean;
}

function textBody(text: string, patterns: readonly string[]): Body {
  return {
    length: text.length,
    copy: (from, to, into) => into.write(text.substring(from, to), 'latin1'),
    hasAt: (pattern, place) => text.startsWith(patterns[pattern]!, place),
    has: (pattern) => text.includes(patterns[pattern]!),
  };
}

function bytesBody(bytes: Uint8Array, patterns: readonly Buffer[]): Body {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    length: body.length,
    copy: (from, to, into) => body.copy(into, 0, from, to),
    hasAt: (pattern, place) =>
      patterns[pattern]!.equals(body.subarray(place, place + patterns[pattern]!.length)),
    has: (pattern) => body.includes(patterns[pattern]!),
  };
}

interface Tier {
  readonly sampling: Sampling;
  /** So few patterns cost less to search for plainly than by one more look at the body. */
  readonly tooFew: number;
}

/** Longest patterns first: each is found in the tier that finds least in vain and looks least often. */
const TIERS: readonly Tier[] = [
  { sampling: { gramBytes: 8, strideBytes: 4 }, tooFew: 1 },
  { sampling: { gramBytes: 4, strideBytes: 4 }, tooFew: 1 },
  { sampling: { gramBytes: 4, strideBytes: 1 }, tooFew: 5 },
];

/** One look at a body: at every so many bytes, for the patterns that are found so. */
interface Look {
  readonly find: FindHits;
  readonly filter: Filter;
  readonly indexes: readonly GramIndex[];
}

const FINDS = [
  { strideBytes: 4, find: findAligned },
  { strideBytes: 1, find: findAnywhere },
] as const;

/** Bytes compared for one pattern before it is searched for plainly: so many, and a part of the body. */
const FREE_COMPARED_BYTES = 4096;
const COMPARED_PART_OF_BODY = 1 / 16;

const UNDECIDED = 0;
const DECIDED = 1;

/** The buffers belong to the scanner: it is for one search at a time. */
function compileScanner(encoded: readonly Uint8Array[]): (body: Body) => readonly number[] {
  const { looks, plain } = planLooks(encoded);
  const piece = allocatePiece();
  const state = new Uint8Array(encoded.length);
  const comparedBytes = new Int32Array(encoded.length);
  /** The patterns of which these two say something. */
  const looked: number[] = [];
  let found: number[] = [];

  function decide(pattern: number, isThere: boolean): void {
    state[pattern] = DECIDED;
    if (isThere) found.push(pattern);
  }

  /** Looks up the whole grams of the blocks that were found in the piece. */
  function lookUp(body: Body, from: number, length: number, index: GramIndex, hits: number): void {
    const { gramBytes, heads, headShift } = index;
    const { words, hitPlaces, hitHashes } = piece;
    for (let hit = 0; hit < hits; hit++) {
      const place = hitPlaces[hit]!;
      let hash = hitHashes[hit]!;
      if (gramBytes === 8) hash = hashLonger(hash, words[(place >>> 2) + 1]!);
      if (heads[hash >>> headShift]! >= 0) follow(body, from, length, index, place, hash);
    }
  }

  /** Settles the patterns that have the gram of this hash at a place of the piece, as far as they are here. */
  function follow(
    body: Body,
    from: number,
    length: number,
    { heads, headShift, next, hashOf, patternOf, offsetOf }: GramIndex,
    place: number,
    hash: number,
  ): void {
    for (let entry = heads[hash >>> headShift]!; entry >= 0; entry = next[entry]!) {
      if (hashOf[entry] !== hash) continue;
      const pattern = patternOf[entry]!;
      if (state[pattern] !== UNDECIDED) continue;
      const wanted = encoded[pattern]!;
      const offset = offsetOf[entry]!;
      const start = from + place - offset;
      if (start < 0 || start + wanted.length > body.length) continue;
      if (comparedBytes[pattern] === 0) looked.push(pattern);

      const compared = compareAround(wanted, offset, piece.bytes, place, length);
      if (compared < 0) {
        if (body.hasAt(pattern, start)) decide(pattern, true);
        comparedBytes[pattern]! += wanted.length;
      } else {
        comparedBytes[pattern]! += compared;
      }
      const allowed = FREE_COMPARED_BYTES + body.length * COMPARED_PART_OF_BODY;
      if (state[pattern] === UNDECIDED && comparedBytes[pattern]! > allowed) {
        decide(pattern, body.has(pattern));
      }
    }
  }

  return (body) => {
    // Few, where bodies are small: all would take longer than a search through one.
    for (const pattern of looked) {
      state[pattern] = UNDECIDED;
      comparedBytes[pattern] = 0;
    }
    looked.length = 0;
    found = plain.filter((pattern) => body.has(pattern));

    for (let from = 0; from < body.length; from += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES + OVERLAP_BYTES, body.length - from);
      body.copy(from, from + length, piece.bytes);
      for (const { find, filter, indexes } of looks) {
        const hits = find(piece, length, filter);
        for (const index of indexes) lookUp(body, from, length, index, hits);
      }
    }

    return found.sort((a, b) => a - b);
  };
}

/** Indexes each pattern in the first tier that can find it; the others are searched for plainly. */
function planLooks(patterns: readonly Uint8Array[]): {
  readonly looks: readonly Look[];
  readonly plain: readonly number[];
} {
  const indexed: { strideBytes: number; index: GramIndex }[] = [];
  let left = [...patterns.keys()];
  for (const { sampling, tooFew } of TIERS) {
    const shortest = shortestSampled(sampling);
    const members = left.filter((pattern) => patterns[pattern]!.length >= shortest);
    if (members.length <= tooFew) continue;
    left = left.filter((pattern) => patterns[pattern]!.length < shortest);
    const index = buildGramIndex(patterns, members, sampling);
    indexed.push({ strideBytes: sampling.strideBytes, index });
  }
  const looks = FINDS.flatMap(({ strideBytes, find }) => {
    const indexes = indexed.flatMap((one) => (one.strideBytes === strideBytes ? [one.index] : []));
    return indexes.length === 0 ? [] : [{ find, filter: buildFilter(patterns, indexes), indexes }];
  });
  return { looks, plain: left };
}

/**
 * Compares a pattern with what of it lies within the piece, when its byte at `offset` is at `place`.
 * Returns the number of bytes compared when one differs, -1 when none does.
 */
function compareAround(
  pattern: Uint8Array,
  offset: number,
  piece: Uint8Array,
  place: number,
  pieceLength: number,
): number {
  const shift = place - offset;
  const end = Math.min(pattern.length, pieceLength - shift);
  for (let i = offset; i < end; i++) {
    if (pattern[i] !== piece[shift + i]) return i - offset + 1;
  }
  for (let i = Math.max(0, -shift); i < offset; i++) {
    if (pattern[i] !== piece[shift + i]) return end - offset + i + 1;
  }
  return -1;
}
