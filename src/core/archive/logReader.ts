/** Reading a log's parts by their names, each checked for its shape; the hashes are the caller's to check. */
import { EMPTY_EDGE, type LogEdge, rootOfEdge, splitHashes } from './append.ts';
import {
  HASH_BYTES,
  leafHash,
  partialTiles,
  type ReadTile,
  TILE_WIDTH,
  type TileId,
  tileOf,
} from './merkle.ts';
import type { Checkpoint } from './note.ts';
import { decodeBundle, entriesPath, tilePath } from './tiles.ts';

/** A part of the log by its path below the log's prefix; undefined when it is not there. */
export type ReadPart = (path: string) => Promise<Buffer | undefined>;

/** A log part is missing or is not what its name says. */
export class BrokenLog extends Error {
  override readonly name = 'BrokenLog';
}

/** Reads tiles. A partial tile may have been replaced by the full one, which begins alike. */
export function tileReader(readPart: ReadPart): ReadTile {
  return async (tile) => {
    const bytes = await readWidest(readPart, tile, tilePath);
    if (bytes === undefined) throw new BrokenLog(`${tilePath(tile)} is missing`);
    if (bytes.length < tile.width * HASH_BYTES || bytes.length % HASH_BYTES !== 0)
      throw new BrokenLog(`${tilePath(tile)} has ${bytes.length} bytes`);
    return bytes.subarray(0, tile.width * HASH_BYTES);
  };
}

/** The entries below a tile of level 0. */
export async function readEntries(readPart: ReadPart, tile: TileId): Promise<Buffer[]> {
  const exact = await readPart(entriesPath(tile));
  const whole =
    exact === undefined && tile.width < TILE_WIDTH
      ? await readPart(entriesPath({ ...tile, width: TILE_WIDTH }))
      : undefined;
  const bundle = exact ?? whole;
  if (bundle === undefined) throw new BrokenLog(`${entriesPath(tile)} is missing`);
  const entries = decodeBundle(bundle, exact === undefined ? TILE_WIDTH : tile.width);
  if (entries === undefined)
    throw new BrokenLog(`${entriesPath(tile)} is not a bundle of ${tile.width} entries`);
  return entries.slice(0, tile.width);
}

/** One entry of a log of `size` leaves. */
export async function readEntry(
  readPart: ReadPart,
  leafIndex: number,
  size: number,
): Promise<Buffer> {
  const tile = tileOf(size, 0, Math.floor(leafIndex / TILE_WIDTH));
  if (tile === undefined || leafIndex >= size)
    throw new BrokenLog(`leaf ${leafIndex} is not in a log of ${size}`);
  return (await readEntries(readPart, tile))[leafIndex % TILE_WIDTH]!;
}

/** The right edge of the log at a checkpoint, checked against its root. Throws BrokenLog. */
export async function readEdge(checkpoint: Checkpoint, readPart: ReadPart): Promise<LogEdge> {
  const { size, root } = checkpoint;
  if (size === 0) return EMPTY_EDGE;
  const levels: Buffer[][] = [];
  let entries: Buffer[] = [];
  const readTile = tileReader(readPart);
  for (const tile of partialTiles(size)) {
    levels[tile.level] = splitHashes(await readTile(tile));
    if (tile.level === 0) entries = await readEntries(readPart, tile);
  }
  for (let level = 0; level < levels.length; level++) levels[level] ??= [];
  const edge = { size, levels, entries };
  const sound =
    (await rootOfEdge(edge)).equals(root) &&
    entries.every((entry, at) => leafHash(entry).equals(levels[0]![at]!));
  if (!sound) throw new BrokenLog(`the tiles do not lead to the root of the checkpoint at ${size}`);
  return edge;
}

async function readWidest(
  readPart: ReadPart,
  tile: TileId,
  pathOf: (tile: TileId) => string,
): Promise<Buffer | undefined> {
  const exact = await readPart(pathOf(tile));
  if (exact !== undefined || tile.width === TILE_WIDTH) return exact;
  return readPart(pathOf({ ...tile, width: TILE_WIDTH }));
}
