/** Names of a log's parts in the bucket, and its entry bundles (C2SP tlog-tiles). */
import { TILE_WIDTH, type TileId } from './merkle.ts';

/** Where a collector's log lies in the bucket. */
export function logPrefix(collectorId: string): string {
  return `log/n${collectorId}/`;
}

export const CHECKPOINT = 'checkpoint';
/** The public key, for convenience: whoever checks should have it from elsewhere. */
export const PUBLIC_KEY = 'key';

/** `tile/<L>/<N>`, with `.p/<W>` for a partial tile. */
export function tilePath(tile: TileId): string {
  return `tile/${tile.level}/${numberedPath(tile)}`;
}

/** `tile/entries/<N>[.p/<W>]`: the entries below the level-0 tile of the same number. */
export function entriesPath(tile: Omit<TileId, 'level'>): string {
  return `tile/entries/${numberedPath(tile)}`;
}

/** 1234067 is `x001/x234/067`. */
function numberedPath(tile: Omit<TileId, 'level'>): string {
  const digits = String(tile.index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g)!;
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return tile.width === TILE_WIDTH ? path : `${path}.p/${tile.width}`;
}

/** An entry's length goes into two bytes. */
const MAX_ENTRY_BYTES = 65_535;

/** A part of a log at most: a bundle of the longest entries. */
export const MAX_PART_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);

/** Entries one after the other, each after its length as a big-endian uint16. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES)
      throw new RangeError(`log entry of ${entry.length} bytes: at most ${MAX_ENTRY_BYTES}`);
    parts.push(Buffer.from([entry.length >> 8, entry.length & 0xff]), entry);
  }
  return Buffer.concat(parts);
}

/** The entries of a bundle; undefined when it is not one of exactly `count`. */
export function decodeBundle(bundle: Buffer, count: number): Buffer[] | undefined {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) return undefined;
    const length = bundle.readUInt16BE(at);
    at += 2;
    if (at + length > bundle.length) return undefined;
    entries.push(bundle.subarray(at, at + length));
    at += length;
  }
  return entries.length === count ? entries : undefined;
}
