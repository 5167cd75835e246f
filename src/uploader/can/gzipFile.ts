/**
 * A file of one or more gzip members (RFC 1952), put together from pieces that are deflated already. The bytes
 * depend on the pieces alone: the headers hold neither name nor time.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Piece } from './pieceText.ts';

export interface GzipFile {
  /** Puts a piece behind what is there; a member is begun where none is. */
  add(piece: Piece): void;
  /** Bytes of the file so far. */
  readonly sizeBytes: number;
  /** Ends the member that was begun; a later piece begins another. */
  endMember(): { readonly offset: number; readonly length: number };
  /** Writes what was put together when it is worth a write; then the pieces are let go. One call at a time. */
  write(): Promise<void>;
  /** Ends the file; it is on disk when this resolves. */
  finish(): Promise<{ readonly sizeBytes: number }>;
  /** Gives up; the file stays behind incomplete. */
  abandon(): Promise<void>;
}

/** A write costs a trip to another thread, however little it writes. */
const WRITE_BYTES = 262_144;

/** Deflate, no flags, no time, made on Unix. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** An empty block that is the last: no piece has one. */
const LAST_BLOCK = Buffer.from([3, 0]);

export async function createGzipFile(file: string): Promise<GzipFile> {
  const handle: FileHandle = await open(file, 'w', 0o640);
  let sizeBytes = 0;
  let parts: Uint8Array[] = [];
  let writtenBytes = 0;
  let memberStart = 0;
  let crc = 0;
  let textBytes = 0;

  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    sizeBytes += bytes.length;
  };
  const write = async (leastBytes: number) => {
    const waitingBytes = sizeBytes - writtenBytes;
    if (waitingBytes < leastBytes) return;
    const bytes = Buffer.concat(parts, waitingBytes);
    parts = [];
    writtenBytes = sizeBytes;
    await handle.writeFile(bytes);
  };
  const endMember = () => {
    const offset = memberStart;
    if (sizeBytes > memberStart) {
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(crc, 0);
      trailer.writeUInt32LE(textBytes % 2 ** 32, 4);
      put(LAST_BLOCK);
      put(trailer);
    }
    memberStart = sizeBytes;
    crc = 0;
    textBytes = 0;
    return { offset, length: memberStart - offset };
  };

  return {
    get sizeBytes() {
      return sizeBytes;
    },

    add({ text, deflated }) {
      if (sizeBytes === memberStart) put(HEADER);
      put(deflated);
      crc = crc32(text, crc);
      textBytes += text.length;
    },

    endMember,
    write: () => write(WRITE_BYTES),

    async finish() {
      endMember();
      await write(1);
      await handle.sync();
      await handle.close();
      return { sizeBytes };
    },

    abandon: () => handle.close(),
  };
}
