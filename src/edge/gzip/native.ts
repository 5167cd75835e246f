/** Deflating by the native module, in one call that runs whole in one thread of Node's pool (deflate.c). */
import { loadNative } from '../../native/nativeModule.ts';
import type { Deflater } from './deflater.ts';

export interface DeflateDoor {
  /** `libdeflate`, and the version that the module was made for. */
  readonly deflater: string;
  /**
   * Throws a TypeError for other arguments. Resolves with the pieces, and `ends` changed to where they end; or
   * with what went wrong.
   */
  deflate(text: Uint8Array, ends: Uint32Array, level: number): Promise<Buffer | string>;
}

export type OpenedNativeDeflater =
  | { readonly kind: 'usable'; readonly deflater: Deflater }
  | { readonly kind: 'unusable'; readonly reason: string };

export function openNativeDeflater(level: number, path?: string): OpenedNativeDeflater {
  const native = loadNative<DeflateDoor>(path);
  if (native.kind === 'unusable') return native;
  const { doors } = native;
  return {
    kind: 'usable',
    deflater: {
      name: doors.deflater,
      async deflate(text, ends) {
        const pieces = await doors.deflate(text, ends, level);
        if (typeof pieces === 'string') throw new Error(`cannot compress: ${pieces}`);
        return pieces;
      },
    },
  };
}
