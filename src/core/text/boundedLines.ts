/** Lines of a stream of bytes, in bounded memory whatever the stream holds. */

const LINE_FEED = 0x0a;

/** A line with its line feed, which the last one may lack; or only its length when it is too long. */
export type RawLine = Buffer | { readonly tooLongBytes: number };

/** Lines hold memory of their own, so that a short one does not keep the chunk it came from. */
export async function* rawLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<RawLine> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    length += part.length;
    // Of a line that is too long only the length is kept.
    if (length <= maxLineBytes) parts.push(part);
    else parts = [];
  };
  const take = (): RawLine => {
    const line = length > maxLineBytes ? { tooLongBytes: length } : joined(parts, length);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end + 1));
      start = end + 1;
      yield take();
    }
    // Copied: a stream may use its chunk again.
    if (start < chunk.length) add(Uint8Array.prototype.slice.call(chunk, start));
  }
  if (length > 0) yield take();
}

// Not Buffer.concat, whose small results are slices of a shared pool: sent to a thread they would
// take the whole pool along.
function joined(parts: readonly Uint8Array[], length: number): Buffer {
  const line = Buffer.from(new ArrayBuffer(length));
  let at = 0;
  for (const part of parts) {
    line.set(part, at);
    at += part.length;
  }
  return line;
}
