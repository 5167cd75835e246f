/** The thread that decompresses: the reference decoder as WebAssembly, into a buffer of a size that was agreed before. */
import { parentPort } from 'node:worker_threads';
import { ZSTDDecoder } from 'zstddec';
import type { FromThread, ToThread } from './zstdMessages.ts';

export async function runZstdThread(): Promise<void> {
  const port = parentPort!;
  const decoder = new ZSTDDecoder();
  // Messages that come before wait for the listener.
  await decoder.init();
  port.on('message', ({ data, boundBytes }: ToThread) => {
    // All frames, with their checksums. It tells of nothing that is wrong, but then nothing comes out.
    const bytes = boundBytes === 0 ? new Uint8Array() : decoder.decode(data, boundBytes);
    const refused = bytes.length === 0 && boundBytes > 0;
    const answer: FromThread = refused ? { kind: 'refused' } : { kind: 'ok', bytes };
    port.postMessage(answer, refused ? [] : [bytes.buffer as ArrayBuffer]);
  });
}
