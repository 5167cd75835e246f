/**
 * Lines of a stream of bytes: split at line feeds alone, as JSONL has it, not decoded, and in bounded
 * memory whatever the stream holds.
 */
import { createHash } from 'node:crypto';
import { MAX_BODY_BYTES } from '../measurement/sizes.ts';

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const LINE_FEED = 0x0a;

/** Part of a line. */
interface Piece {
  /** Without a line feed; a view of the chunk, which the stream may use again. */
  readonly bytes: Buffer;
  /** A line feed follows. */
  readonly ends: boolean;
}

/** The pieces of lines that a chunk is made of. The line of the last one may go on in the next chunk. */
function* piecesOf(chunk: Uint8Array): Generator<Piece> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    yield { bytes: bytes.subarray(start, end), ends: true };
    start = end + 1;
  }
  if (start < bytes.length) yield { bytes: bytes.subarray(start), ends: false };
}

/** A line is longer than any that could be there honestly. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** Twice the largest body: YAML becomes longer as JSON. */
const MAX_LINE_BYTES = 2 * MAX_BODY_BYTES;

/**
 * The lines without their line feeds. What follows the last line feed is a line when not empty. Throws
 * LineTooLong for more than `maxBytes` in one: it holds no more than that.
 */
export async function* splitLines(
  chunks: Chunks,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    for (const { bytes, ends } of piecesOf(chunk)) {
      if (ends) {
        yield begun.length === 0 ? bytes : Buffer.concat([...begun, bytes]);
        begun = [];
        begunBytes = 0;
        continue;
      }
      begunBytes += bytes.length;
      if (begunBytes > maxBytes) throw new LineTooLong(`a line has more than ${maxBytes} bytes`);
      // Copied: a stream may use its chunk again.
      begun.push(Buffer.from(bytes));
    }
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

/** A line with its line feed, which the last one may lack; or only its length when it is too long. */
export type RawLine = Buffer | { readonly tooLongBytes: number };

const LINE_FEED_BYTES = Buffer.from([LINE_FEED]);

/**
 * The lines with their line feeds, which count for `maxLineBytes`. They hold memory of their own, so
 * that a short one does not keep the chunk it came from.
 */
export async function* rawLines(chunks: Chunks, maxLineBytes: number): AsyncGenerator<RawLine> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    length += part.length;
    // Of a line that is too long only the length is kept.
    if (length <= maxLineBytes) parts.push(part);
    else parts = [];
  };
  const take = (): RawLine => {
    const line = length > maxLineBytes ? { tooLongBytes: length } : ownBytes(parts, length);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    for (const { bytes, ends } of piecesOf(chunk)) {
      if (!ends) {
        // Copied: a stream may use its chunk again.
        add(Uint8Array.prototype.slice.call(bytes));
        continue;
      }
      add(bytes);
      add(LINE_FEED_BYTES);
      yield take();
    }
  }
  if (length > 0) yield take();
}

/**
 * The parts as one, in memory of its own. Not Buffer.concat, whose small results are slices of a shared
 * pool: sent to a thread they would take the whole pool along.
 */
export function ownBytes(parts: readonly Uint8Array[], length: number): Buffer {
  const whole = Buffer.from(new ArrayBuffer(length));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A line of a text whose lines may be longer than memory. */
export interface DigestedLine {
  readonly sizeBytes: number;
  /** Of the line without its line feed, hexadecimal. */
  readonly sha256: string;
  /** The line itself, unless it is longer than what was to be held. */
  readonly bytes: Buffer | undefined;
}

/** The same lines by their digests. `holdBytes`: a line is held up to this length, and no more of it. */
export async function* digestLines(
  chunks: Chunks,
  holdBytes: number,
): AsyncGenerator<DigestedLine> {
  let hash = createHash('sha256');
  let sizeBytes = 0;
  let held: Buffer[] = [];
  const take = (): DigestedLine => {
    const bytes = sizeBytes > holdBytes ? undefined : Buffer.concat(held);
    const line = { sizeBytes, sha256: hash.digest('hex'), bytes };
    hash = createHash('sha256');
    sizeBytes = 0;
    held = [];
    return line;
  };
  for await (const chunk of chunks) {
    for (const { bytes, ends } of piecesOf(chunk)) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      if (sizeBytes > holdBytes) held = [];
      // Copied: a stream may use its chunk again.
      else held.push(Buffer.from(bytes));
      if (ends) yield take();
    }
  }
  if (sizeBytes > 0) yield take();
}

/**
 * The line with this number (from 0) without its line feed, or undefined when there are fewer. Reads
 * no further than needed, and holds no other line. Throws LineTooLong for one longer than `maxBytes`.
 */
export async function lineOf(
  chunks: Chunks,
  number: number,
  maxBytes: number,
): Promise<Buffer | undefined> {
  let current = 0;
  let length = 0;
  const parts: Buffer[] = [];
  for await (const chunk of chunks) {
    for (const { bytes, ends } of piecesOf(chunk)) {
      if (current === number) {
        length += bytes.length;
        if (length > maxBytes) throw new LineTooLong(`a line has more than ${maxBytes} bytes`);
        // Copied: a stream may use its chunk again.
        parts.push(Buffer.from(bytes));
        if (ends) return Buffer.concat(parts);
      }
      if (ends) current++;
    }
  }
  return length > 0 ? Buffer.concat(parts) : undefined;
}
