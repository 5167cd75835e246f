/** Checksums of local files and of what a store gives back. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const READ_BYTES = 1_048_576;

export interface Digest {
  readonly sizeBytes: number;
  readonly sha256: Buffer;
}

/** Where the bytes of an upload come from; read in parts, so that size costs no memory. */
export interface Source {
  readonly digest: Digest;
  /** The bytes from `startBytes`, `lengthBytes` of them. */
  part(startBytes: number, lengthBytes: number): Promise<Buffer>;
}

/** Opens a file as a source; `use` gets it and the file is closed after it. */
export async function withFile<Result>(
  file: string,
  use: (source: Source) => Promise<Result>,
): Promise<Result> {
  const handle = await open(file, 'r');
  try {
    const part = async (startBytes: number, lengthBytes: number) => {
      const buffer = Buffer.allocUnsafe(lengthBytes);
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
    return await use({ digest: await digestOf(handle), part });
  } finally {
    await handle.close();
  }
}

/** Size and checksums of a file. */
export async function fileDigest(file: string): Promise<Digest> {
  const handle = await open(file, 'r');
  try {
    return await digestOf(handle);
  } finally {
    await handle.close();
  }
}

async function digestOf(handle: FileHandle): Promise<Digest> {
  const hashes = startDigest();
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, at);
    if (bytesRead === 0) return hashes.end();
    hashes.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): Source {
  const hashes = startDigest();
  hashes.update(bytes);
  return {
    digest: hashes.end(),
    part: async (startBytes, lengthBytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + startBytes, lengthBytes),
  };
}

/** Reads a stream to its end for its size and checksums. */
export async function streamDigest(stream: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hashes = startDigest();
  for await (const chunk of stream) hashes.update(chunk);
  return hashes.end();
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
  const endBytes = startBytes + lengthBytes;
  for (let at = startBytes; at < endBytes; at += READ_BYTES)
    hash.update(await source.part(at, Math.min(READ_BYTES, endBytes - at)));
  return hash.digest();
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

function startDigest(): { update(bytes: Uint8Array): void; end(): Digest } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    update(bytes) {
      sizeBytes += bytes.length;
      hash.update(bytes);
    },
    end: () => ({ sizeBytes, sha256: hash.digest() }),
  };
}
