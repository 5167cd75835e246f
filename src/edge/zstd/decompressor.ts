/**
 * Decompression of zstd in a thread of its own: data can be made that keeps a decompressor busy for
 * minutes, and a thread can be ended. One job at a time; the thread starts with the first one.
 */
import type { Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './messages.ts';

export type Decompressed =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'invalid'; readonly reason: string };

export interface ZstdDecompressor {
  /** `boundBytes`: most bytes that may come out. Rejects only when the thread cannot be run. */
  decompress(data: Uint8Array, boundBytes: number): Promise<Decompressed>;
  close(): Promise<void>;
}

interface Job {
  readonly data: Uint8Array;
  readonly boundBytes: number;
  readonly resolve: (result: Decompressed) => void;
  readonly reject: (error: Error) => void;
}

export function makeZstdDecompressor(options: {
  readonly startThread: () => Worker;
  /** A job that takes longer is given up: honest data needs a fraction of a second. */
  readonly timeoutMs: number;
}): ZstdDecompressor {
  const waiting: Job[] = [];
  let thread: Worker | undefined;
  let running: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

  const endThread = () => {
    const ended = thread;
    thread = undefined;
    ended?.removeAllListeners();
    return ended?.terminate();
  };

  const finish = (settle: (job: Job) => void) => {
    clearTimeout(timer);
    const job = running;
    running = undefined;
    if (job !== undefined) settle(job);
    next();
  };

  const start = (): Worker => {
    const started = options.startThread();
    // A waiting thread must not keep the process alive.
    started.unref();
    started.on('message', (answer: FromThread) =>
      finish((job) =>
        job.resolve(
          answer.kind === 'ok'
            ? { kind: 'ok', bytes: Buffer.from(answer.bytes.buffer, 0, answer.length) }
            : answer,
        ),
      ),
    );
    const failed = (error: Error) => {
      // A thread that failed also ends: its job is answered already, another's must not be.
      if (thread !== started) return;
      thread = undefined;
      finish((job) => job.reject(error));
    };
    started.on('error', failed);
    started.on('exit', (code) => failed(new Error(`decompression thread ended with code ${code}`)));
    return started;
  };

  const next = () => {
    if (running !== undefined) return;
    const job = waiting.shift();
    if (job === undefined) return;
    running = job;
    try {
      thread ??= start();
      thread.postMessage({ data: job.data, boundBytes: job.boundBytes } satisfies ToThread);
    } catch (error) {
      finish(() => job.reject(error as Error));
      return;
    }
    timer = setTimeout(() => {
      void endThread();
      finish(() =>
        job.resolve({ kind: 'invalid', reason: `zstd took longer than ${options.timeoutMs} ms` }),
      );
    }, options.timeoutMs);
  };

  return {
    decompress: (data, boundBytes) =>
      new Promise((resolve, reject) => {
        waiting.push({ data, boundBytes, resolve, reject });
        next();
      }),
    async close() {
      await endThread();
      const error = new Error('stopping');
      for (const job of waiting.splice(0)) job.reject(error);
      finish((job) => job.reject(error));
    },
  };
}
