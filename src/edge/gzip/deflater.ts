/**
 * Text deflated in pieces (RFC 1951) that can be put one behind the other, in one gzip member or in two
 * (docs/design/compressor.md). A piece refers to no text outside of it, says of no block that it is the last,
 * and ends with a byte: so what is put together needs an empty last block behind it, and nothing between.
 */

export interface Deflater {
  /** What makes the bytes, with its version: another may make others of the same text. */
  readonly name: string;
  /**
   * The pieces of a text, one behind the other. `ends`: where each piece ends in the text, in order, none
   * empty; when this resolves, where each ends in what is given. Neither may be changed meanwhile.
   */
  deflate(text: Uint8Array, ends: Uint32Array): Promise<Buffer>;
}
