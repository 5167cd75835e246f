import { isAscii, isUtf8, transcode } from 'node:buffer';

/**
 * Where the decoder of V8, which takes one byte after the other behind the first that is not ASCII, costs more
 * than the way by UTF-16, which takes many at once and memory for the text beside it.
 */
const TRANSCODED_BYTES = { least: 8_192, most: 16_777_216 };

/** The text of these bytes; undefined where they are not UTF-8. A byte order mark is part of it. */
export function decodeUtf8({ buffer, byteOffset, length }: Uint8Array): string | undefined {
  const bytes = Buffer.from(buffer, byteOffset, length);
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) return undefined;
  return length < TRANSCODED_BYTES.least || length > TRANSCODED_BYTES.most
    ? bytes.toString('utf8')
    : transcode(bytes, 'utf8', 'utf16le').toString('utf16le');
}
