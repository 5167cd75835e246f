/** The first window of a member's text, kept until it is known whether its compressed size is needed. */
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { WINDOW_BYTES } from '../../core/archive/members.ts';

const compress = promisify(deflateRaw);

export interface MemberHead {
  /** Takes the member's text as it comes; what lies behind the window is not kept. */
  add(text: Uint8Array): void;
  /** Size of the window's text compressed alone; undefined while there is less text than that. */
  compressedBytes(): Promise<number | undefined>;
}

export function makeMemberHead(level: number): MemberHead {
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  let filled = 0;
  let size: number | undefined;
  return {
    add(text) {
      const taken = text.subarray(0, WINDOW_BYTES - filled);
      window.set(taken, filled);
      filled += taken.length;
    },
    async compressedBytes() {
      if (filled < WINDOW_BYTES) return undefined;
      size ??= (await compress(window, { level, memLevel: 9 })).length;
      return size;
    },
  };
}
