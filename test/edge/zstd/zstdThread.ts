/** Starts the real decompression thread from its source. */
import type { Worker } from 'node:worker_threads';
import { sourceThread } from '../../support/sourceThread.ts';

export function startZstdThread(): Worker {
  return sourceThread(new URL('zstdThreadEntry.ts', import.meta.url));
}
