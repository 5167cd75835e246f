/** The gzip members of a `.jsonl.gz`, with where each lies: what the rows of its lines must say. */

import { inflateRawSync } from 'node:zlib';
import { MAX_BODY_BYTES } from '../measurement/sizes.ts';
import { MEMBER_TEXT_MAX_BYTES } from './members.ts';

export interface GzipMember {
  readonly offset: number;
  /** With its header and its trailer. */
  readonly length: number;
  readonly text: Buffer;
}

export const GZIP_HEADER_BYTES = 10;
/** CRC-32 and length of the text, each a little-endian uint32. */
export const GZIP_TRAILER_BYTES = 8;

/** Optional parts of a member, by the bit of the flags that announces each (RFC 1952, 2.3.1). */
const OPTIONAL = ['a text mark', 'a header checksum', 'an extra field', 'a name', 'a comment'];

/**
 * What is wrong with the header of a member: uploaders write neither a name nor a time nor anything else
 * in which something could be hidden. Undefined: nothing.
 */
export function gzipHeaderFault(header: Uint8Array): string | undefined {
  if (header.length < GZIP_HEADER_BYTES || !isGzip(header)) return 'no gzip member begins';
  const [, , , flags, ...rest] = header;
  const named = OPTIONAL.filter((_, bit) => flags! & (1 << bit));
  if (named.length > 0) return `a gzip member has ${named.join(', ')}`;
  const [time, speed, system] = [rest.slice(0, 4), rest[4]!, rest[5]!];
  // Two bits of flags mean nothing; the speed says the level; the system is Unix.
  const ours = flags === 0 && time.every((byte) => byte === 0) && [0, 2, 4].includes(speed);
  return ours && system === 3 ? undefined : 'the header of a gzip member is none of an uploader';
}

/** Do these bytes begin as a gzip member does? */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** Text of a member at most: what a reader must hold, and a line of the largest measurement (or YAML). */
const MAX_TEXT_BYTES = MEMBER_TEXT_MAX_BYTES + 2 * MAX_BODY_BYTES;

/**
 * Members one after the other, as the uploader writes them: without a name or other optional fields.
 * Throws for anything else. The text is unpacked, and not checked against its CRC: who reads it has a
 * better checksum of each line.
 */
export function* gzipMembers(file: Buffer): Generator<GzipMember> {
  for (let offset = 0; offset < file.length; ) {
    const fault = gzipHeaderFault(file.subarray(offset, offset + GZIP_HEADER_BYTES));
    if (fault !== undefined) throw new Error(`at byte ${offset} ${fault}`);
    // `info` is missing in the types: with it the bytes that were used are known.
    const { buffer, engine } = inflateRawSync(file.subarray(offset + GZIP_HEADER_BYTES), {
      info: true,
      maxOutputLength: MAX_TEXT_BYTES,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const length = GZIP_HEADER_BYTES + engine.bytesWritten + GZIP_TRAILER_BYTES;
    if (offset + length > file.length) throw new Error('the file ends inside a gzip member');
    yield { offset, length, text: buffer };
    offset += length;
  }
}
