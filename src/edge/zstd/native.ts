/** Decompression by the native module, in one call that runs whole in one thread of Node's pool (decompress.c). */
import { loadNative } from '../../native/nativeModule.ts';
import type { Decompressed, ZstdDecompressor } from './decompressor.ts';
import { isSmall, MAX_WAITING } from './lanes.ts';

export interface DecompressDoor {
  /**
   * How many bytes of `content` were filled; -1 for what is damaged or has more content, -2 without memory. Throws a
   * TypeError for what is no Uint8Array.
   */
  decompress(data: Uint8Array, content: Uint8Array): Promise<number>;
}

const REFUSED = -1;
const NO_MEMORY = -2;

/** Jobs at once: most of the pool's threads are left for storing, whatever others send. */
const SMALL_AT_ONCE = 4;
const LARGE_AT_ONCE = 1;

export type OpenedNative =
  | { readonly kind: 'usable'; readonly decompressor: ZstdDecompressor }
  | { readonly kind: 'unusable'; readonly reason: string };

/** `path`: of another module than the one of this program. */
export function openNativeDecompressor(path?: string): OpenedNative {
  const loaded = loadNative<DecompressDoor>(path);
  return loaded.kind === 'usable'
    ? { kind: 'usable', decompressor: makeNativeDecompressor(loaded.doors) }
    : loaded;
}

export function makeNativeDecompressor({ decompress }: DecompressDoor): ZstdDecompressor {
  const small = makeLane(SMALL_AT_ONCE);
  const large = makeLane(LARGE_AT_ONCE);

  const run = async (data: Uint8Array, boundBytes: number): Promise<Decompressed> => {
    const room = Buffer.allocUnsafeSlow(boundBytes);
    const length = await decompress(data, room);
    switch (length) {
      case REFUSED:
        return { kind: 'refused' };
      case NO_MEMORY:
        return { kind: 'no_time' };
      default:
        return { kind: 'ok', bytes: fitted(room, length) };
    }
  };

  return {
    // What comes out, and a copy of what fills less than half of it.
    workBytes: (_, boundBytes) => boundBytes + Math.ceil(boundBytes / 2),
    async decompress(data, boundBytes) {
      const lane = isSmall(data.length, boundBytes) ? small : large;
      if (!(await lane.enter())) return { kind: 'no_time' };
      try {
        return await run(data, boundBytes);
      } finally {
        lane.leave();
      }
    },
    async close() {
      small.close();
      large.close();
    },
  };
}

/** What fills little of its room does not keep that. */
function fitted(room: Buffer, length: number): Buffer {
  const bytes = room.subarray(0, length);
  if (length >= room.length / 2) return bytes;
  const own = Buffer.allocUnsafeSlow(length);
  bytes.copy(own);
  return own;
}

/** Lets so many in at once; the others wait for one to leave. */
function makeLane(atOnce: number) {
  const waiting: { readonly admit: () => void; readonly fail: (error: Error) => void }[] = [];
  let running = 0;
  return {
    /** False when too many wait already. Rejects when it is closed. */
    async enter(): Promise<boolean> {
      if (running >= atOnce) {
        if (waiting.length >= MAX_WAITING) return false;
        // Whoever leaves hands its place over.
        await new Promise<void>((admit, fail) => waiting.push({ admit, fail }));
        return true;
      }
      running++;
      return true;
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next.admit();
    },
    close() {
      for (const { fail } of waiting.splice(0)) fail(new Error('stopping'));
    },
  };
}
