/** Decompression by the native module, in one call that runs whole in one thread of Node's pool (decompress.c); by WebAssembly without it. */
import { makeLanes } from '../../native/lanes.ts';
import { nativeDoors } from '../../native/nativeModule.ts';
import type { Decompressed, Room, ZstdDecompressor } from './decompressor.ts';
import { makeReferenceDecompressor, type ReferenceOptions } from './reference.ts';

export interface DecompressDoor {
  /**
   * How many bytes of `content` were filled; -1 for what is damaged or has more content, -2 without memory. Throws a
   * TypeError for what is no Uint8Array.
   */
  decompress(data: Uint8Array, content: Uint8Array): Promise<number>;
}

/** Nothing is used again. */
const FRESH: Room = { take: (bytes) => Buffer.allocUnsafeSlow(bytes), give() {} };

const REFUSED = -1;
const NO_MEMORY = -2;

/**
 * The native one, or the other where that cannot be used; `onFallback` is told why. `modulePath`: of another
 * module than the one of this program.
 */
export function openDecompressor(
  options: ReferenceOptions,
  onFallback: (reason: string) => void,
  modulePath?: string,
): ZstdDecompressor {
  const native = nativeDoors<DecompressDoor>(onFallback, modulePath);
  return native === undefined ? makeReferenceDecompressor(options) : makeNativeDecompressor(native);
}

export function makeNativeDecompressor({ decompress }: DecompressDoor): ZstdDecompressor {
  const lanes = makeLanes();

  const run = async (data: Uint8Array, boundBytes: number, room: Room): Promise<Decompressed> => {
    const content = room.take(boundBytes);
    const length = await decompress(data, content);
    switch (length) {
      case REFUSED:
        return { kind: 'refused' };
      case NO_MEMORY:
        return { kind: 'no_time' };
      default:
        return { kind: 'ok', bytes: fitted(content, length, room) };
    }
  };

  return {
    // What comes out, and a copy of what fills less than half of it.
    workBytes: (_, boundBytes) => boundBytes + Math.ceil(boundBytes / 2),
    async decompress(data, boundBytes, room = FRESH) {
      const leave = await lanes.enter(data.length + boundBytes);
      if (leave === undefined) return { kind: 'no_time' };
      try {
        return await run(data, boundBytes, room);
      } finally {
        leave();
      }
    },
    async close() {
      lanes.close();
    },
  };
}

/** What fills little of its room does not keep that. */
function fitted(content: Buffer, length: number, room: Room): Buffer {
  const bytes = content.subarray(0, length);
  if (length >= content.length / 2) return bytes;
  const own = room.take(length);
  bytes.copy(own);
  room.give(content);
  return own;
}
