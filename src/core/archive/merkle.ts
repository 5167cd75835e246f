/**
 * Merkle tree hashes and proofs (RFC 6962 section 2), over tiles of 256 hashes (C2SP tlog-tiles).
 *
 * Sizes and indices are plain numbers below 2^53; shifts of 32-bit integers are avoided.
 */
import { createHash } from 'node:crypto';

export const HASH_BYTES = 32;
/** Hashes in a full tile; a tile spans eight levels of the tree. */
export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;

/** MTH({}): the root of a log without entries. */
export const EMPTY_ROOT = createHash('sha256').digest();

export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update('\x00').update(entry).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update('\x01').update(left).update(right).digest();
}

/** A tile that a tree of some size has: level, position, and how many hashes it holds (1 to 256). */
export interface TileId {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Gives a tile's bytes: `width` hashes. Throws when it is not to be had. */
export type ReadTile = (tile: TileId) => Promise<Uint8Array>;

/** Complete hashes at a tile level: one for each 256^level leaves. */
function hashesAtLevel(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tile at a position in a tree of `size` leaves, full or partial; undefined when there is none. */
export function tileOf(size: number, level: number, index: number): TileId | undefined {
  const width = Math.min(TILE_WIDTH, hashesAtLevel(size, level) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/** The tiles at the right edge of a tree that are not full: what is needed to append to it. */
export function partialTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    const hashes = hashesAtLevel(size, level);
    if (hashes % TILE_WIDTH !== 0)
      tiles.push(tileOf(size, level, Math.floor(hashes / TILE_WIDTH))!);
  }
  return tiles;
}

/** Hash over a whole number of hashes that is a power of two. */
function fold(hashes: Uint8Array): Buffer {
  let row: Uint8Array[] = [];
  for (let at = 0; at < hashes.length; at += HASH_BYTES)
    row.push(hashes.subarray(at, at + HASH_BYTES));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) above.push(nodeHash(row[at]!, row[at + 1]!));
    row = above;
  }
  return Buffer.from(row[0]!);
}

/** The hash that a full tile has in the tile above it. */
export function tileHash(tile: Uint8Array): Buffer {
  return fold(tile);
}

/** Largest power of two below `count` (count >= 2). */
function splitPoint(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

/** Exponent of a power of two; undefined for other numbers. Math.log2 rounds: 2^49 + 1 has 49 too. */
function exponentOf(count: number): number | undefined {
  let exponent = 0;
  let power = 1;
  while (power < count) {
    power *= 2;
    exponent++;
  }
  return power === count ? exponent : undefined;
}

/** Hash of the leaves from `start` up to `end` in a tree of `size` leaves. */
async function rangeHash(
  start: number,
  end: number,
  size: number,
  readTile: ReadTile,
): Promise<Buffer> {
  const count = end - start;
  const exponent = exponentOf(count);
  if (exponent !== undefined && start % count === 0) {
    const level = Math.floor(exponent / TILE_LEVELS);
    const unit = TILE_WIDTH ** level;
    const first = start / unit;
    const tile = tileOf(size, level, Math.floor(first / TILE_WIDTH))!;
    const offset = (first % TILE_WIDTH) * HASH_BYTES;
    const hashes = await readTile(tile);
    return fold(hashes.subarray(offset, offset + (count / unit) * HASH_BYTES));
  }
  const middle = start + splitPoint(count);
  return nodeHash(
    await rangeHash(start, middle, size, readTile),
    await rangeHash(middle, end, size, readTile),
  );
}

/**
 * Root of the first `size` leaves. `treeSize`: the size of the tree whose tiles are read, at least
 * `size` (larger to compute what the root was earlier).
 */
export async function rootHash(
  size: number,
  readTile: ReadTile,
  treeSize: number = size,
): Promise<Buffer> {
  return size === 0 ? EMPTY_ROOT : rangeHash(0, size, treeSize, readTile);
}

/** Inclusion proof of a leaf: PATH(m, D[n]) of RFC 6962 section 2.1.1, nearest hash first. */
export async function inclusionProof(
  leafIndex: number,
  size: number,
  readTile: ReadTile,
): Promise<Buffer[]> {
  if (!(leafIndex >= 0 && leafIndex < size))
    throw new RangeError(`leaf ${leafIndex} is not in a tree of ${size}`);
  const proof: Buffer[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (leafIndex < middle) {
      proof.push(await rangeHash(middle, end, size, readTile));
      end = middle;
    } else {
      proof.push(await rangeHash(start, middle, size, readTile));
      start = middle;
    }
  }
  return proof.reverse();
}

/** The root that a leaf and its inclusion proof lead to; undefined for a proof of the wrong length. */
export function rootOfProof(
  leafIndex: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): Buffer | undefined {
  const rightSides: boolean[] = [];
  let start = 0;
  let end = size;
  if (!(leafIndex >= 0 && leafIndex < size)) return undefined;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    rightSides.push(leafIndex < middle);
    if (leafIndex < middle) end = middle;
    else start = middle;
  }
  if (proof.length !== rightSides.length) return undefined;
  return proof.reduce<Buffer>((hash, sibling, at) => {
    const siblingIsRight = rightSides[rightSides.length - 1 - at]!;
    return siblingIsRight ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
  }, Buffer.from(leaf));
}
