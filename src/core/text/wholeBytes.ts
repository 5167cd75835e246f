import { ownBytes } from './lines.ts';

/**
 * The bytes of a stream as one buffer; undefined when there are more than `maxBytes`, and then little more
 * was read. Either way the stream is at its end: leaving its iteration destroys it. The buffer shares its
 * memory with no other, so it can be given to another thread.
 */
export async function wholeBytes(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    taken.push(chunk);
  }
  return ownBytes(taken, bytes);
}
