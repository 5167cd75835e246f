/** Lines of a byte stream: split at line feeds alone, as JSONL has it, and not decoded. */

import { createHash } from 'node:crypto';

/** A line is longer than any that could be there honestly. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** Twice the largest body: YAML becomes longer as JSON. */
export const MAX_LINE_BYTES = 2 * 268_435_456;

/**
 * The lines without their line feeds. What follows the last line feed is a line when not empty. Throws
 * LineTooLong for more than `maxBytes` in one: it holds no more than that.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      const rest = bytes.subarray(start, end);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    begunBytes += bytes.length - start;
    if (begunBytes > maxBytes) throw new LineTooLong(`a line has more than ${maxBytes} bytes`);
    // Copied: a stream may use its chunk again.
    if (start < bytes.length) begun.push(Buffer.from(bytes.subarray(start)));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
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
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  holdBytes: number,
): AsyncGenerator<DigestedLine> {
  let hash = createHash('sha256');
  let sizeBytes = 0;
  let held: Buffer[] = [];
  const add = (bytes: Buffer) => {
    hash.update(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes > holdBytes) held = [];
    // Copied: a stream may use its chunk again.
    else held.push(Buffer.from(bytes));
  };
  const take = (): DigestedLine => {
    const bytes = sizeBytes > holdBytes ? undefined : Buffer.concat(held);
    const line = { sizeBytes, sha256: hash.digest('hex'), bytes };
    hash = createHash('sha256');
    sizeBytes = 0;
    held = [];
    return line;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      add(bytes.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < bytes.length) add(bytes.subarray(start));
  }
  if (sizeBytes > 0) yield take();
}
