/** The thread that decompresses: fzstd, into one buffer of a size that was agreed before. */
import { parentPort } from 'node:worker_threads';
import { Decompress } from 'fzstd';
import type { FromThread, ToThread } from './messages.ts';

export function runZstdThread(): void {
  const port = parentPort!;
  port.on('message', ({ data, boundBytes }: ToThread) => {
    const answer = decompress(data, boundBytes);
    port.postMessage(answer, answer.kind === 'ok' ? [answer.bytes.buffer as ArrayBuffer] : []);
  });
}

/** Decompresses all frames. Never throws: what is wrong with the data is in the answer. */
export function decompress(data: Uint8Array, boundBytes: number): FromThread {
  // Pages that are never written cost no memory, so a generous bound is cheap.
  const bytes = new Uint8Array(boundBytes);
  let length = 0;
  let overflow = false;
  const stream = new Decompress((chunk) => {
    if (length + chunk.length > boundBytes) {
      overflow = true;
      throw new Error('content larger than its bound');
    }
    bytes.set(chunk, length);
    length += chunk.length;
  });
  try {
    stream.push(data, true);
  } catch (error) {
    if (overflow) return { kind: 'too_large' };
    return { kind: 'invalid', reason: (error as Error).message };
  }
  return { kind: 'ok', bytes, length };
}
