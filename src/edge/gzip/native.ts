/** Deflating by the native module, in one call that runs whole in one thread of Node's pool (deflate.c); by zlib without it. */
import { nativeDoors } from '../../native/nativeModule.ts';
import type { Deflater } from './deflater.ts';
import { openReferenceDeflater } from './reference.ts';

export interface DeflateDoor {
  /** The one that the module was made for. */
  readonly libdeflateVersion: string;
  /**
   * Throws a TypeError for other arguments. Resolves with the pieces, and `ends` changed to where they end; or
   * with what went wrong, and `ends` as they were.
   */
  deflate(text: Uint8Array, ends: Uint32Array, level: number): Promise<Buffer | string>;
}

/**
 * The native one, or zlib's where that cannot be used; `onFallback` is told why. `level`: 1 to 9.
 * `modulePath`: of another module than the one of this program.
 */
export function openDeflater(
  level: number,
  onFallback: (reason: string) => void,
  modulePath?: string,
): Deflater {
  const native = nativeDoors<DeflateDoor>(onFallback, modulePath);
  return native === undefined ? openReferenceDeflater(level) : makeNativeDeflater(level, native);
}

/** What the module cannot deflate, zlib does: no fault of a library shall hold up what is to be published. */
export function makeNativeDeflater(level: number, doors: DeflateDoor): Deflater {
  const reference = openReferenceDeflater(level);
  return {
    name: `libdeflate ${doors.libdeflateVersion}`,
    async deflate(text, ends) {
      const pieces = await doors.deflate(text, ends, level);
      return typeof pieces === 'string' ? reference.deflate(text, ends) : pieces;
    },
  };
}
