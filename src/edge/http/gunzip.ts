/** The content of a small gzip body (RFC 1952) at once, by the native module (gunzip.c); by zlib without it. */
import { gunzipSync } from 'node:zlib';
import { nativeDoors } from '../../native/nativeModule.ts';

/**
 * Fills `content` with what `data` stands for. False where that is not known to be exactly so long and undamaged: then anything
 * may be in `content`, and a stream has the words for what is wrong.
 */
export type Gunzip = (data: Uint8Array, content: Uint8Array) => boolean;

const LEAST_CHUNK_BYTES = 16_384;

export interface GunzipDoor {
  /** Throws a TypeError for what is no Uint8Array. Also false for more than one member, and one whose header has a checksum. */
  gunzip(data: Uint8Array, content: Uint8Array): boolean;
}

export const gunzipByZlib: Gunzip = (data, content) => {
  let bytes: Buffer;
  try {
    // With a byte more than is needed it is known to be all.
    const chunkSize = Math.max(LEAST_CHUNK_BYTES, content.length + 1);
    bytes = gunzipSync(data, { chunkSize, maxOutputLength: content.length + 1 });
  } catch {
    return false;
  }
  if (bytes.length !== content.length) return false;
  content.set(bytes);
  return true;
};

/** That of the native module; zlib's where it cannot be used: `onFallback` is told why. `modulePath`: of another module. */
export function openGunzip(onFallback: (reason: string) => void, modulePath?: string): Gunzip {
  return nativeDoors<GunzipDoor>(onFallback, modulePath)?.gunzip ?? gunzipByZlib;
}
