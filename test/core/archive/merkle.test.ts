/**
 * Against the definitions of RFC 6962 section 2.1, written out in the plainest way.
 *
 * Covers src/core/archive/append.ts.
 */
import { createHash } from 'node:crypto';
import t from 'tap';
import {
  append,
  EMPTY_EDGE,
  type LogEdge,
  splitHashes,
  type Tile,
  unfinishedTiles,
} from '../../../src/core/archive/append.ts';
import {
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  nodeHash,
  partialTiles,
  type ReadTile,
  rootHash,
  rootOfProof,
  tileOf,
} from '../../../src/core/archive/merkle.ts';
import { tilePath } from '../../../src/core/archive/tiles.ts';

const sha256 = (...parts: Buffer[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const entry = (at: number) => Buffer.from(`entry ${at}`);

/** MTH of the RFC, with hashes kept between calls. */
const known = new Map<string, Buffer>();
function mth(start: number, end: number): Buffer {
  if (start === end) return sha256();
  if (end - start === 1) return sha256(Buffer.from([0]), entry(start));
  const name = `${start}-${end}`;
  let hash = known.get(name);
  if (hash === undefined) {
    let k = 1;
    while (k * 2 < end - start) k *= 2;
    hash = sha256(Buffer.from([1]), mth(start, start + k), mth(start + k, end));
    known.set(name, hash);
  }
  return hash;
}

/** A log kept as its tiles by path, grown in steps. */
function grow(steps: readonly number[]) {
  const tiles = new Map<string, Buffer>();
  const bundles = new Map<string, readonly Buffer[]>();
  let edge: LogEdge = EMPTY_EDGE;
  const keep = (some: readonly Tile[]) => {
    for (const { tile, bytes, entries } of some) {
      tiles.set(tilePath(tile), bytes);
      if (entries !== undefined) bundles.set(tilePath(tile), entries);
    }
  };
  for (const size of steps) {
    const count = size - edge.size;
    const first = edge.size;
    const appended = append(
      edge,
      Array.from({ length: count }, (_, at) => entry(first + at)),
    );
    edge = appended.edge;
    keep(appended.full);
    keep(unfinishedTiles(edge));
  }
  const readTile: ReadTile = async (tile) => tiles.get(tilePath(tile))!;
  return { edge, tiles, bundles, readTile };
}

const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 70_000];

t.test('the root of every size, from tiles', async (t) => {
  const log = grow(SIZES);
  const larger = grow([70_000]);
  for (const size of SIZES) {
    t.ok((await rootHash(size, log.readTile)).equals(mth(0, size)), `size ${size}`);
    const later = await rootHash(size, larger.readTile, 70_000);
    t.ok(later.equals(mth(0, size)), `size ${size}, from the tiles of a larger tree`);
  }
  t.ok((await rootHash(0, log.readTile)).equals(EMPTY_ROOT));
});

t.test('growing at once and in steps gives the same tiles', async (t) => {
  const once = grow([70_000]);
  const steps = grow([...SIZES]);
  for (const [path, bytes] of once.tiles) t.ok(steps.tiles.get(path)?.equals(bytes), path);
  t.same(
    unfinishedTiles(once.edge).map(({ tile }) => tile),
    partialTiles(70_000),
  );
  // Entries lie under the tiles of level 0 only, as many as their hashes.
  for (const [path, entries] of steps.bundles) {
    t.match(path, /^tile\/0\//);
    const hashes = splitHashes(steps.tiles.get(path)!);
    t.ok(entries.every((one, at) => leafHash(one).equals(hashes[at]!)));
    t.equal(entries.length, hashes.length);
  }
});

t.test('inclusion proofs lead to the root, changed ones do not', async (t) => {
  const { readTile } = grow([70_000]);
  for (const size of [1, 2, 3, 255, 256, 257, 1_000, 65_537, 70_000]) {
    const log = grow([size]);
    for (const index of new Set([0, 1, Math.floor(size / 2), size - 2, size - 1])) {
      if (index < 0 || index >= size) continue;
      const proof = await inclusionProof(index, size, log.readTile);
      const root = mth(0, size);
      const leaf = leafHash(entry(index));
      t.ok(rootOfProof(index, size, leaf, proof)?.equals(root), `${index} of ${size}`);
      t.notOk(rootOfProof(index, size, leafHash(entry(index + 1)), proof)?.equals(root));
      if (size > 1) t.notOk(rootOfProof((index + 1) % size, size, leaf, proof)?.equals(root));
      t.equal(rootOfProof(index, size, leaf, [...proof, root]), undefined);
    }
  }
  await t.rejects(inclusionProof(70_000, 70_000, readTile), RangeError);
  t.equal(rootOfProof(5, 5, leafHash(entry(5)), []), undefined);
});

t.test('tiles of a tree far larger than 32 bits', async (t) => {
  const size = 2 ** 45 + 300;
  t.same(tileOf(size, 0, 2 ** 37 + 1), { level: 0, index: 2 ** 37 + 1, width: 44 });
  t.same(tileOf(size, 1, 2 ** 29), { level: 1, index: 2 ** 29, width: 1 });
  t.equal(tileOf(size, 1, 2 ** 29 + 1), undefined);
  t.same(
    partialTiles(size).map(({ level, width }) => [level, width]),
    [
      [0, 44],
      [1, 1],
      [5, 32],
    ],
  );
});

t.test('a root of one leaf more than a large power of two', async (t) => {
  const hashOf = (level: number, at: number) => sha256(Buffer.from(`${level} ${at}`));
  const readTile: ReadTile = async ({ level, index, width }) =>
    Buffer.concat(Array.from({ length: width }, (_, at) => hashOf(level, index * 256 + at)));
  const left = nodeHash(hashOf(6, 0), hashOf(6, 1));
  t.same(await rootHash(2 ** 49, readTile), left);
  t.same(await rootHash(2 ** 49 + 1, readTile), nodeHash(left, hashOf(0, 2 ** 49)));
});
