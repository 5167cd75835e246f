/** Bytes that are to be stored, and checksums of them and of what a store gives back. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const READ_BYTES = 1_048_576;

export interface Digest {
  readonly sizeBytes: number;
  readonly sha256: Buffer;
}

/** Where the bytes of an upload come from; read in parts, so that size costs no memory. */
export interface Source {
  readonly sizeBytes: number;
  /** The bytes from `startBytes`, `lengthBytes` of them. `room`: memory that may be used for them. */
  part(startBytes: number, lengthBytes: number, room?: Buffer): Promise<Buffer>;
}

/** Opens a file as a source; `use` gets it and the file is closed after it. */
export async function withFile<Result>(
  file: string,
  use: (source: Source) => Promise<Result>,
): Promise<Result> {
  const handle = await open(file, 'r');
  try {
    const { size: sizeBytes } = await handle.stat();
    const part = async (startBytes: number, lengthBytes: number, room?: Buffer) => {
      const buffer = room?.subarray(0, lengthBytes) ?? Buffer.allocUnsafe(lengthBytes);
      let filled = 0;
      while (filled < lengthBytes) {
        const { bytesRead } = await handle.read(
          buffer,
          filled,
          lengthBytes - filled,
          startBytes + filled,
        );
        if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
        filled += bytesRead;
      }
      return buffer;
    };
    return await use({ sizeBytes, part });
  } finally {
    await handle.close();
  }
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): Source {
  return {
    sizeBytes: bytes.length,
    part: async (startBytes, lengthBytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + startBytes, lengthBytes),
  };
}

/** The bytes of a source, or of a span of it, some at a time: each part is good until the next is asked for. */
export async function* partsOf(
  source: Source,
  startBytes = 0,
  endBytes = source.sizeBytes,
): AsyncGenerator<Buffer> {
  const room = roomFor(endBytes - startBytes);
  for (let at = startBytes; at < endBytes; at += READ_BYTES)
    yield await source.part(at, Math.min(READ_BYTES, endBytes - at), room);
}

/** For one part after the other: V8 marks all of its heap for each 64 MB of buffers that are made. */
function roomFor(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.min(READ_BYTES, bytes));
}

/** Has this file the bytes of the source? Both are read: that takes a fraction of what checksums take. */
export function hasBytesOf(file: string, source: Source): Promise<boolean> {
  return withFile(file, async (held) => {
    if (held.sizeBytes !== source.sizeBytes) return false;
    const room = roomFor(held.sizeBytes);
    let at = 0;
    for await (const part of partsOf(source)) {
      if (!part.equals(await held.part(at, part.length, room))) return false;
      at += part.length;
    }
    return true;
  });
}

export function sourceDigest(source: Source): Promise<Digest> {
  return streamDigest(partsOf(source));
}

/** Size and checksums of a file. */
export function fileDigest(file: string): Promise<Digest> {
  return withFile(file, sourceDigest);
}

/** Reads a stream to its end for its size and checksums. */
export async function streamDigest(stream: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    hash.update(chunk);
  }
  return { sizeBytes, sha256: hash.digest() };
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** MD5 of a part of a source: what the ETags of most services are made of. */
export async function md5Of(
  source: Source,
  startBytes: number,
  lengthBytes: number,
): Promise<Buffer> {
  const hash = createHash('md5');
  for await (const part of partsOf(source, startBytes, startBytes + lengthBytes)) hash.update(part);
  return hash.digest();
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}
