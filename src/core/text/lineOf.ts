/** One line out of text that comes in pieces. */

const LINE_FEED = 0x0a;

/**
 * The line with this number (from 0) without its line feed, or undefined when there are fewer. Reads
 * no further than needed. Throws RangeError for a line longer than `maxBytes`.
 */
export async function lineOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  number: number,
  maxBytes: number,
): Promise<Buffer | undefined> {
  let current = 0;
  let length = 0;
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let at = 0;
    while (current < number) {
      const end = chunk.indexOf(LINE_FEED, at);
      if (end < 0) break;
      at = end + 1;
      current++;
    }
    if (current < number) continue;
    const end = chunk.indexOf(LINE_FEED, at);
    const piece = chunk.subarray(at, end < 0 ? chunk.length : end);
    length += piece.length;
    if (length > maxBytes) throw new RangeError(`line longer than ${maxBytes} bytes`);
    pieces.push(piece);
    if (end >= 0) return Buffer.concat(pieces);
  }
  return current === number && length > 0 ? Buffer.concat(pieces) : undefined;
}
