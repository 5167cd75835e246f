/**
 * Large buffers that are used again, or let go at once as chunks are. A fresh one costs twice: the kernel clears its
 * pages, and V8 marks its whole heap each time that 64 MB of them were made, however soon each was let go
 * (docs/performance.md).
 */
import { type LetGo, leaveToCollector } from './letGo.ts';

/** Buffers of one request. Up to an eighth more than was asked for is behind each. */
export interface Buffers {
  /** So many bytes, with anything in them. */
  take(bytes: number): Buffer;
  /** A chunk that came in, and is nobody else's: it is let go where the others are given back. */
  adopt(chunk: Buffer): void;
  /** One of them, or a part that begins where it does, is used no more. Others are left alone. */
  give(buffer: Buffer): void;
  /** None of them is used any more. Fine to call twice. */
  release(): void;
}

export interface BufferStore {
  /** Of those that wait to be used again. */
  readonly keptBytes: number;
  begin(): Buffers;
}

/** Smaller ones cost little. */
const LEAST_BYTES = 16_384;
/** Larger ones are rare, and would be most of what is kept. */
const MOST_BYTES = 16_777_216;
/** Kept at most: those that were given back last. */
const MAX_KEPT = 128;

export function makeBufferStore(
  maxKeptBytes: number,
  letGo: LetGo = leaveToCollector,
): BufferStore {
  const kept: Buffer[] = [];
  let keptBytes = 0;

  const takeKept = (size: number): Buffer | undefined => {
    for (let at = kept.length - 1; at >= 0; at--) {
      if (kept[at]!.length !== size) continue;
      keptBytes -= size;
      return kept.splice(at, 1)[0];
    }
    return undefined;
  };

  const keep = (buffer: Buffer) => {
    kept.push(buffer);
    keptBytes += buffer.length;
    while (keptBytes > maxKeptBytes || kept.length > MAX_KEPT) {
      const oldest = kept.shift()!;
      keptBytes -= oldest.length;
      letGo(oldest);
    }
  };

  return {
    get keptBytes() {
      return keptBytes;
    },
    begin() {
      let taken: Buffer[] | undefined;
      let adopted: Buffer[] | undefined;
      return {
        take(bytes) {
          if (bytes < LEAST_BYTES) return Buffer.allocUnsafe(bytes);
          if (bytes > MOST_BYTES) return Buffer.allocUnsafeSlow(bytes);
          const size = roundedUp(bytes);
          const whole = takeKept(size) ?? Buffer.allocUnsafeSlow(size);
          taken ??= [];
          taken.push(whole);
          return whole.subarray(0, bytes);
        },
        adopt(chunk) {
          if (chunk.length < LEAST_BYTES) return;
          adopted ??= [];
          adopted.push(chunk);
        },
        give(buffer) {
          const isOfIt = (whole: Buffer) => whole.buffer === buffer.buffer;
          const at = taken?.findIndex(isOfIt) ?? -1;
          if (at >= 0) keep(taken!.splice(at, 1)[0]!);
          const chunkAt = adopted?.findIndex(isOfIt) ?? -1;
          if (chunkAt >= 0) letGo(adopted!.splice(chunkAt, 1)[0]!);
        },
        release() {
          for (const whole of taken ?? []) keep(whole);
          for (const chunk of adopted ?? []) letGo(chunk);
          taken = undefined;
          adopted = undefined;
        },
      };
    },
  };
}

/** Eight sizes from each power of two to the next. */
function roundedUp(bytes: number): number {
  const step = 2 ** (28 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}
