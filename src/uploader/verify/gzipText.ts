/**
 * The text of a gzip file, and everything about the file that is not its text: what an uploader does not
 * write, and readers pass over, is room for something that nobody vouches for.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import {
  GZIP_HEADER_BYTES,
  GZIP_TRAILER_BYTES,
  gzipHeaderFault,
  isGzip,
} from '../../core/archive/gzipMembers.ts';
import type { Fetched } from './archiveSource.ts';

/** What an object is at fault for, as a finding says it. */
export class WrongObject extends Error {
  override readonly name = 'WrongObject';
}

/** The text, member after member. Throws WrongObject; errors of the file itself as they are. */
export async function* gzipText(object: Fetched): AsyncGenerator<Buffer> {
  const { sizeBytes } = object;
  if (sizeBytes === 0) throw new WrongObject('is empty');
  for (let at = 0; at < sizeBytes; ) {
    const header = await object.part(at, GZIP_HEADER_BYTES);
    if (at > 0 && !isGzip(header))
      throw new WrongObject(`has ${sizeBytes - at} bytes behind its end`);
    const fault = gzipHeaderFault(header);
    if (fault !== undefined)
      throw new WrongObject(`is no object of an uploader: at byte ${at} ${fault}`);
    const text = { crc: 0, bytes: 0 };
    const inflate = inflateFrom(object, at + GZIP_HEADER_BYTES);
    for await (const chunk of inflate.text) {
      text.crc = crc32(chunk, text.crc);
      text.bytes += chunk.length;
      yield chunk;
    }
    const end = at + GZIP_HEADER_BYTES + inflate.packedBytes();
    const trailer = await object.part(end, GZIP_TRAILER_BYTES);
    if (trailer.length < GZIP_TRAILER_BYTES) throw unreadable('unexpected end of file');
    if (trailer.readUInt32LE(0) !== text.crc || trailer.readUInt32LE(4) !== text.bytes % 2 ** 32)
      throw unreadable('a gzip member is not what its checksum says');
    if (text.bytes === 0) throw new WrongObject(`has an empty gzip member at byte ${at}`);
    at = end + GZIP_TRAILER_BYTES;
  }
}

/** Unpacks what begins there, to its own end. */
function inflateFrom(
  object: Fetched,
  startBytes: number,
): { readonly text: AsyncGenerator<Buffer>; packedBytes(): number } {
  const inflate = createInflateRaw();
  async function* text(): AsyncGenerator<Buffer> {
    const file = object.open(startBytes);
    let failure: Error | undefined;
    file.on('error', (error) => {
      failure = error;
      inflate.destroy(error);
    });
    file.pipe(inflate);
    try {
      yield* inflate as AsyncIterable<Buffer>;
    } catch (error) {
      throw failure ?? unreadable((error as Error).message);
    } finally {
      file.destroy();
      inflate.destroy();
    }
  }
  return { text: text(), packedBytes: () => inflate.bytesWritten };
}

function unreadable(why: string): WrongObject {
  return new WrongObject(`cannot be read: ${why}`);
}
