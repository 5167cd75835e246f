/** The thread that decompresses: fzstd, into one buffer of a size that was agreed before. */
import { parentPort } from 'node:worker_threads';
import { Decompress } from 'fzstd';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';
import { type ZstdFrame, zstdStructure } from '../../core/submission/zstdFrames.ts';
import type { FromThread, ToThread } from './messages.ts';

export async function runZstdThread(): Promise<void> {
  const port = parentPort!;
  // Messages that come before wait for the listener.
  const hashes = await xxhash();
  port.on('message', ({ data, boundBytes }: ToThread) => {
    const answer = decompress(data, boundBytes, hashes);
    port.postMessage(answer, answer.kind === 'ok' ? [answer.bytes.buffer as ArrayBuffer] : []);
  });
}

const WITHOUT_LIMITS = {
  maxWindowBytes: Number.POSITIVE_INFINITY,
  maxOutputBytes: Number.POSITIVE_INFINITY,
};

/** Decompresses all frames. Never throws: what is wrong with the data is in the answer. */
function decompress(data: Uint8Array, boundBytes: number, hashes: XXHashAPI): FromThread {
  const structure = zstdStructure(data, WITHOUT_LIMITS);
  if (structure.kind !== 'ok') return { kind: 'invalid', reason: structure.reason };
  // Pages that are never written cost no memory, so a generous bound is cheap.
  const bytes = new Uint8Array(boundBytes);
  let length = 0;
  let overflow = false;
  const append = (chunk: Uint8Array) => {
    if (length + chunk.length > boundBytes) {
      overflow = true;
      throw new Error('content larger than its bound');
    }
    bytes.set(chunk, length);
    length += chunk.length;
  };
  try {
    for (const frame of structure.frames) {
      const start = length;
      new Decompress(append).push(data.subarray(frame.start, frame.end), true);
      // fzstd passes over the checksum.
      if (frame.hasChecksum && !isIntact(frame, data, bytes.subarray(start, length), hashes))
        return { kind: 'invalid', reason: 'zstd checksum does not match' };
    }
  } catch (error) {
    if (overflow) return { kind: 'too_large' };
    return { kind: 'invalid', reason: (error as Error).message };
  }
  return { kind: 'ok', bytes, length };
}

/** Content_Checksum (RFC 8878, section 3.1.1): the low four bytes of the content's XXH64. */
function isIntact(
  frame: ZstdFrame,
  data: Uint8Array,
  content: Uint8Array,
  hashes: XXHashAPI,
): boolean {
  const stored = new DataView(data.buffer, data.byteOffset + frame.end - 4, 4).getUint32(0, true);
  return Number(hashes.h64Raw(content) & 0xffff_ffffn) === stored;
}
