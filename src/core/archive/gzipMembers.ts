/** The gzip members of a `.jsonl.gz`, with where each lies: what the rows of its lines must say. */
import { inflateRawSync } from 'node:zlib';

export interface GzipMember {
  readonly offset: number;
  /** With its header and its trailer. */
  readonly length: number;
  readonly text: Buffer;
}

const HEADER_BYTES = 10;
/** CRC-32 and length of the text. */
const TRAILER_BYTES = 8;

/**
 * Members one after the other, as the uploader writes them: without a name or other optional fields.
 * Throws for anything else. The text is unpacked, and not checked against its CRC: who reads it has a
 * better checksum of each line.
 */
export function* gzipMembers(file: Buffer): Generator<GzipMember> {
  for (let offset = 0; offset < file.length; ) {
    const header = file.subarray(offset, offset + HEADER_BYTES);
    if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== 0x1f8b0800)
      throw new Error(`byte ${offset} does not begin a gzip member of this format`);
    // `info` is missing in the types: with it the bytes that were used are known.
    const { buffer, engine } = inflateRawSync(file.subarray(offset + HEADER_BYTES), {
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const length = HEADER_BYTES + engine.bytesWritten + TRAILER_BYTES;
    if (offset + length > file.length) throw new Error('the file ends inside a gzip member');
    yield { offset, length, text: buffer };
    offset += length;
  }
}
