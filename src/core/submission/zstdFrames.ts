/**
 * The structure of zstd data (RFC 8878, section 3), walked without decompressing: frame and block
 * headers alone. It tells, before anything is allocated, how much memory decompression would take,
 * and whether the data is complete.
 */

export interface ZstdLimits {
  /** Largest window of a frame. A single-segment frame has none: its content is its window. */
  readonly maxWindowBytes: number;
  /** Largest sum of all frames' content. */
  readonly maxOutputBytes: number;
}

export type ZstdStructure =
  | {
      readonly kind: 'ok';
      /** No decompressor can make more than this out of it; exact when every frame tells its size. */
      readonly outputBoundBytes: number;
      readonly exact: boolean;
      /** Is that bound the limit, since the blocks could hold more? */
      readonly limited: boolean;
    }
  | { readonly kind: 'too_large'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly reason: string };

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** Block_Maximum_Size, unless the window is smaller. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** Compressors make one, or one for some megabytes. */
const MAX_FRAMES = 4_096;

/**
 * Each block costs a decompressor more than its bytes do. So many are allowed whatever their size, which
 * is what compressors make of 500 MiB; beyond that they must be of this size on average.
 */
const FREE_BLOCKS = 4_096;
const MIN_BLOCK_BYTES = 64;

const truncated: ZstdStructure = { kind: 'invalid', reason: 'zstd data ends too early' };

/** Walks all frames. Data without any frame is invalid. */
export function zstdStructure(data: Uint8Array, limits: ZstdLimits): ZstdStructure {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  let output = 0;
  let exact = true;
  let blocksLeft = FREE_BLOCKS + Math.floor(data.length / MIN_BLOCK_BYTES);
  let frames = 0;
  while (at < data.length) {
    if (at + 8 > data.length) return truncated;
    const magic = view.getUint32(at, true);
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true);
      if (at > data.length) return truncated;
      continue;
    }
    if (magic !== FRAME_MAGIC) return { kind: 'invalid', reason: 'not zstd data' };
    const header = frameHeader(view, at + 4);
    if (header === undefined) return truncated;
    if (header.kind === 'invalid') return header;
    if (!header.singleSegment && header.windowBytes > limits.maxWindowBytes) {
      const reason = `zstd window of ${header.windowBytes} bytes: at most ${limits.maxWindowBytes}`;
      return { kind: 'too_large', reason };
    }
    if ((header.contentBytes ?? 0) > limits.maxOutputBytes)
      return { kind: 'too_large', reason: `zstd content of ${header.contentBytes} bytes` };
    const maxBytes = Math.min(header.windowBytes, MAX_BLOCK_BYTES);
    const blocks = walkBlocks(data, header.end, maxBytes, blocksLeft);
    if (blocks === undefined) return truncated;
    if (blocks.kind !== 'ok') return blocks;
    blocksLeft -= blocks.count;
    if (header.contentBytes !== undefined && header.contentBytes > blocks.boundBytes)
      return { kind: 'invalid', reason: 'zstd frame claims more content than its blocks hold' };
    output += header.contentBytes ?? blocks.boundBytes;
    exact &&= header.contentBytes !== undefined;
    at = blocks.end + (header.hasChecksum ? 4 : 0);
    if (at > data.length) return truncated;
    if (++frames > MAX_FRAMES)
      return { kind: 'too_large', reason: `more than ${MAX_FRAMES} zstd frames` };
    if (exact && output > limits.maxOutputBytes)
      return { kind: 'too_large', reason: `zstd content of ${output} bytes` };
  }
  if (frames === 0) return { kind: 'invalid', reason: 'no zstd frame' };
  return {
    kind: 'ok',
    outputBoundBytes: Math.min(output, limits.maxOutputBytes),
    exact,
    limited: output > limits.maxOutputBytes,
  };
}

type FrameHeader =
  | {
      readonly kind: 'ok';
      readonly singleSegment: boolean;
      readonly windowBytes: number;
      readonly contentBytes: number | undefined;
      readonly hasChecksum: boolean;
      readonly end: number;
    }
  | { readonly kind: 'invalid'; readonly reason: string };

/** The frame header that begins (after the magic number) at `at`; undefined when it is cut off. */
function frameHeader(view: DataView, at: number): FrameHeader | undefined {
  const descriptor = view.getUint8(at++);
  if ((descriptor & 0x08) !== 0) return { kind: 'invalid', reason: 'reserved bit in zstd frame' };
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const end = at + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (end > view.byteLength) return undefined;
  let windowBytes = 0;
  if (!singleSegment) {
    const window = view.getUint8(at++);
    const base = 2 ** (10 + (window >> 3));
    windowBytes = base + (base / 8) * (window & 7);
  }
  for (const last = at + dictionaryBytes; at < last; at++)
    if (view.getUint8(at) !== 0)
      return { kind: 'invalid', reason: 'zstd frame needs a dictionary' };
  const contentBytes = fieldValue(view, at, sizeBytes);
  return {
    kind: 'ok',
    singleSegment,
    windowBytes: singleSegment ? contentBytes! : windowBytes,
    contentBytes,
    hasChecksum: (descriptor & 0x04) !== 0,
    end,
  };
}

/** Frame_Content_Size. Sizes above 2^53 lose their last bits, far above every limit. */
function fieldValue(view: DataView, at: number, bytes: number): number | undefined {
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

type Blocks =
  | {
      readonly kind: 'ok';
      readonly boundBytes: number;
      readonly count: number;
      readonly end: number;
    }
  | { readonly kind: 'too_large' | 'invalid'; readonly reason: string };

/** All blocks of a frame; undefined when the last one is missing. */
function walkBlocks(
  data: Uint8Array,
  at: number,
  maxBytes: number,
  maxCount: number,
): Blocks | undefined {
  let boundBytes = 0;
  for (let count = 1; ; count++) {
    if (count > maxCount)
      return {
        kind: 'too_large',
        reason: `zstd blocks of less than ${MIN_BLOCK_BYTES} bytes on average`,
      };
    if (at + 3 > data.length) return undefined;
    const header = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) return { kind: 'invalid', reason: 'reserved zstd block type' };
    if (size > maxBytes) return { kind: 'invalid', reason: 'zstd block larger than allowed' };
    // Raw and run-length blocks tell what they hold; a compressed one may hold any size up to the limit.
    boundBytes += type === 2 ? maxBytes : size;
    at += 3 + (type === 1 ? 1 : size);
    if (at > data.length) return undefined;
    if ((header & 1) === 1) return { kind: 'ok', boundBytes, count, end: at };
  }
}
