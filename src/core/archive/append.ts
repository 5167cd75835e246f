/** Appending to a log: from the right edge of the tree to the tiles that change. */
import { HASH_BYTES, leafHash, rootHash, TILE_WIDTH, type TileId, tileHash } from './merkle.ts';

/** What is needed of a log to append to it: bounded, whatever its size. */
export interface LogEdge {
  /** Leaves of the tree. */
  readonly size: number;
  /** Hashes in the unfinished tile of each level, from level 0. */
  readonly levels: readonly (readonly Buffer[])[];
  /** Entries below the unfinished tile of level 0. */
  readonly entries: readonly Buffer[];
}

export const EMPTY_EDGE: LogEdge = { size: 0, levels: [], entries: [] };

export interface Tile {
  readonly tile: TileId;
  readonly bytes: Buffer;
  /** For level 0: the entries below it. */
  readonly entries?: readonly Buffer[];
}

/** The edge after these entries, and the tiles that they filled. */
export function append(
  edge: LogEdge,
  entries: readonly Buffer[],
): { readonly edge: LogEdge; readonly full: readonly Tile[] } {
  const levels = edge.levels.map((hashes) => [...hashes]);
  const full: Tile[] = [];
  let open = [...edge.entries];
  let size = edge.size;
  const push = (level: number, hash: Buffer) => {
    levels[level] ??= [];
    const hashes = levels[level];
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    const bytes = Buffer.concat(hashes);
    // The tile ends with the leaf that was just added.
    const index = Math.floor(size / TILE_WIDTH ** (level + 1)) - 1;
    full.push({
      tile: { level, index, width: TILE_WIDTH },
      bytes,
      ...(level === 0 ? { entries: open } : {}),
    });
    if (level === 0) open = [];
    levels[level] = [];
    push(level + 1, tileHash(bytes));
  };
  for (const entry of entries) {
    open.push(entry);
    size++;
    push(0, leafHash(entry));
  }
  return { edge: { size, levels, entries: open }, full };
}

/** The tiles at the edge that are not full. */
export function unfinishedTiles(edge: LogEdge): Tile[] {
  return edge.levels.flatMap((hashes, level): Tile[] => {
    if (hashes.length === 0) return [];
    const index = Math.floor(edge.size / TILE_WIDTH ** (level + 1));
    return [
      {
        tile: { level, index, width: hashes.length },
        bytes: Buffer.concat(hashes),
        ...(level === 0 ? { entries: edge.entries } : {}),
      },
    ];
  });
}

/** Root over an edge: its unfinished tiles are all that is needed. */
export function rootOfEdge(edge: LogEdge): Promise<Buffer> {
  const tiles = new Map(unfinishedTiles(edge).map(({ tile, bytes }) => [tile.level, bytes]));
  return rootHash(edge.size, async ({ level }) => tiles.get(level)!);
}

/** The hashes of a tile. */
export function splitHashes(tile: Uint8Array): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at < tile.length; at += HASH_BYTES)
    hashes.push(Buffer.from(tile.subarray(at, at + HASH_BYTES)));
  return hashes;
}
