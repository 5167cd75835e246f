/**
 * Reads LZ4 frames (lz4_Frame_format 1.6.4, lz4_Block_format), which legacy cans are packed with.
 *
 * Written here because what npm has is either native code or takes whole files: a can holds
 * gigabytes. Memory is one block (at most 4 MiB) and the 64 KiB that the next one may refer to.
 */
import { xxh32, xxh32Of } from './xxh32.ts';

const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a50;
const HISTORY_BYTES = 65_536;
const UNCOMPRESSED = 0x8000_0000;

/** The text of all frames, in pieces. Throws Lz4Error for what is damaged or cut off. */
export async function* lz4Text(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const source = packed[Symbol.asyncIterator]();
  const take = exactReader(source);
  try {
    for (;;) {
      const start = await take(4, 'end allowed');
      if (start === undefined) return;
      const magic = start.readUInt32LE();
      if (magic === MAGIC) yield* frame(take);
      else if ((magic & ~0xf) >>> 0 === SKIPPABLE) await skip(take);
      else throw new Lz4Error(`no frame begins with ${start.toString('hex')}`);
    }
  } finally {
    await source.return?.();
  }
}

export class Lz4Error extends Error {
  override readonly name = 'Lz4Error';

  constructor(problem: string) {
    super(`damaged lz4: ${problem}`);
  }
}

async function skip(take: Take): Promise<void> {
  for (let left = (await take(4)).readUInt32LE(); left > 0; ) {
    const step = Math.min(left, HISTORY_BYTES);
    await take(step);
    left -= step;
  }
}

async function* frame(take: Take): AsyncGenerator<Buffer> {
  const { maxBlockBytes, linked, blockChecksums, contentBytes, contentChecksum } =
    await frameHeader(take);
  const window = Buffer.allocUnsafe(HISTORY_BYTES + maxBlockBytes);
  const hash = contentChecksum ? xxh32() : undefined;
  let history = 0;
  let total = 0;
  for (;;) {
    const size = (await take(4)).readUInt32LE();
    if (size === 0) break;
    const length = (size & ~UNCOMPRESSED) >>> 0;
    if (length > maxBlockBytes) throw new Lz4Error(`block of ${length} bytes`);
    const block = await take(length);
    if (blockChecksums && (await take(4)).readUInt32LE() !== xxh32Of(block))
      throw new Lz4Error('block with a wrong checksum');
    let end = history + length;
    if (size >= UNCOMPRESSED) block.copy(window, history);
    else end = unpack(block, window, history, history + maxBlockBytes);
    hash?.update(window.subarray(history, end));
    total += end - history;
    yield Buffer.from(window.subarray(history, end));
    const kept = linked ? Math.min(end, HISTORY_BYTES) : 0;
    window.copyWithin(0, end - kept, end);
    history = kept;
  }
  if (contentBytes !== undefined && BigInt(total) !== contentBytes)
    throw new Lz4Error(`${total} bytes of text where ${contentBytes} are announced`);
  if (hash !== undefined && (await take(4)).readUInt32LE() !== hash.digest())
    throw new Lz4Error('text with a wrong checksum');
}

async function frameHeader(take: Take) {
  const fixed = await take(2);
  const [flags, sizes] = [fixed[0]!, fixed[1]!];
  if (flags >> 6 !== 1) throw new Lz4Error(`frame of version ${flags >> 6}`);
  if ((flags & 1) !== 0) throw new Lz4Error('frame that needs a dictionary');
  const sizeCode = (sizes >> 4) & 7;
  if (sizeCode < 4) throw new Lz4Error(`block size of code ${sizeCode}`);
  const hasSize = (flags & 8) !== 0;
  const size = await take(hasSize ? 8 : 0);
  const checksum = (await take(1))[0];
  if (((xxh32Of(Buffer.concat([fixed, size])) >> 8) & 0xff) !== checksum)
    throw new Lz4Error('frame header with a wrong checksum');
  return {
    maxBlockBytes: 1 << (8 + 2 * sizeCode),
    linked: (flags & 0x20) === 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentBytes: hasSize ? size.readBigUInt64LE() : undefined,
    contentChecksum: (flags & 4) !== 0,
  };
}

/**
 * Unpacks one block into `window` from `at` on; what it refers to is in `window` before that. Returns
 * where it ends, at most `limit`.
 */
function unpack(block: Buffer, window: Buffer, at: number, limit: number): number {
  let from = 0;
  /** A length of 15 or more goes on in bytes of which the last is not 255. */
  const longer = (length: number): number => {
    if (length !== 15) return length;
    for (let total = length; ; ) {
      const more = block[from++];
      if (more === undefined) throw new Lz4Error('block that ends inside a length');
      total += more;
      if (more !== 255) return total;
    }
  };
  for (;;) {
    const token = block[from++];
    if (token === undefined) throw new Lz4Error('block without an end');
    const literals = longer(token >> 4);
    if (literals > block.length - from) throw new Lz4Error('block that ends inside its text');
    if (literals > limit - at) throw new Lz4Error('block of more text than a block has');
    block.copy(window, at, from, from + literals);
    from += literals;
    at += literals;
    // The last sequence has no reference.
    if (from === block.length) return at;

    if (block.length - from < 2) throw new Lz4Error('block that ends inside a reference');
    const back = block.readUInt16LE(from);
    from += 2;
    const length = longer(token & 15) + 4;
    if (back === 0 || back > at) throw new Lz4Error('reference to before the text');
    if (length > limit - at) throw new Lz4Error('block of more text than a block has');
    if (back >= length) window.copyWithin(at, at - back, at - back + length);
    // It repeats what it writes.
    else for (let index = at; index < at + length; index++) window[index] = window[index - back]!;
    at += length;
  }
}

interface Take {
  (length: number): Promise<Buffer>;
  (length: number, atEnd: 'end allowed'): Promise<Buffer | undefined>;
}

/** Takes exactly the asked number of bytes off a stream; fewer are an error, or its end. */
function exactReader(source: AsyncIterator<Uint8Array>): Take {
  let held: Buffer = Buffer.alloc(0);
  const take = async (length: number, atEnd?: 'end allowed') => {
    if (held.length < length) {
      const parts = [held];
      let bytes = held.length;
      while (bytes < length) {
        const next = await source.next();
        if (next.done) {
          if (bytes === 0 && atEnd !== undefined) return undefined;
          throw new Lz4Error('cut off');
        }
        const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length);
        parts.push(chunk);
        bytes += chunk.length;
      }
      held = Buffer.concat(parts);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return take as Take;
}
