/**
 * Decompression of zstd off the main thread. Two programs do it, Debian's libzstd in threads of Node's pool and the
 * same decoder as WebAssembly in threads of its own; both keep to what stands here, and the same tests run
 * against both (docs/design/zstd.md). Small bodies and large ones take their turns apart, so that no honest
 * body waits for what others make.
 */

export type Decompressed =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  /** Damaged, or more content than the bound; of one with an exact bound, damaged. */
  | { readonly kind: 'refused' }
  /** It took longer than its size allows, or too many wait: the same may do later. */
  | { readonly kind: 'no_time' };

export interface Room {
  /** So many bytes, with anything in them. */
  take(bytes: number): Buffer;
  give(buffer: Buffer): void;
}

export interface ZstdDecompressor {
  /** Most memory that decompressing takes beside the data, with what comes out. */
  workBytes(dataBytes: number, boundBytes: number): number;
  /**
   * `boundBytes`: most bytes that may come out. The buffer that the result lies in is its memory. `room`: where large
   * buffers are from; all but the result's is given back. Rejects only when no thread can be had for it.
   */
  decompress(data: Uint8Array, boundBytes: number, room?: Room): Promise<Decompressed>;
  close(): Promise<void>;
}
