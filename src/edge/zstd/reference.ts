/**
 * Decompression by WebAssembly in threads of their own, which can be ended: one for small bodies and one for
 * large ones. Threads start with their first job. What the native module is held against, and its stand-in.
 */
import type { Worker } from 'node:worker_threads';
import { isSmall, MAX_WAITING } from '../../native/lanes.ts';
import type { Decompressed, ZstdDecompressor } from './decompressor.ts';
import type { FromThread, ToThread } from './zstdMessages.ts';

export interface ReferenceOptions {
  readonly startThread: () => Worker;
  /** What any job may take: a thread has to start, and the machine has other things to do. */
  readonly baseBudgetMs: number;
}

/** A thread that had a larger job ends after it: WebAssembly gives no memory back. */
const KEPT_MEMORY_BYTES = 16_777_216;
/** A tenth of the decoder's speed on a busy machine. */
const BUDGET_BYTES_PER_MS = 20_000;

export function makeReferenceDecompressor(options: ReferenceOptions): ZstdDecompressor {
  const small = makeLane(options);
  const large = makeLane(options);
  return {
    // The thread has a copy of what is sent, and of what comes out there is one on its way back.
    workBytes: (dataBytes, boundBytes) => dataBytes + 2 * boundBytes,
    decompress: (data, boundBytes) =>
      (isSmall(data.length + boundBytes) ? small : large).decompress(data, boundBytes),
    async close() {
      await Promise.all([small.close(), large.close()]);
    },
  };
}

interface Job {
  readonly data: Uint8Array;
  readonly boundBytes: number;
  readonly resolve: (result: Decompressed) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, one job at a time. */
function makeLane(options: ReferenceOptions): Omit<ZstdDecompressor, 'workBytes'> {
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
    started.on('message', (answer: FromThread) => {
      if (running !== undefined && sizeOf(running) > KEPT_MEMORY_BYTES) void endThread();
      finish((job) =>
        job.resolve(
          answer.kind === 'ok'
            ? { kind: 'ok', bytes: Buffer.from(answer.bytes.buffer, 0, answer.bytes.length) }
            : answer,
        ),
      );
    });
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
      const { data, boundBytes } = job;
      thread.postMessage({ data, boundBytes } satisfies ToThread);
    } catch (error) {
      finish(() => job.reject(error as Error));
      return;
    }
    timer = setTimeout(
      () => {
        void endThread();
        finish(() => job.resolve({ kind: 'no_time' }));
      },
      options.baseBudgetMs + sizeOf(job) / BUDGET_BYTES_PER_MS,
    );
  };

  return {
    decompress: (data, boundBytes) =>
      new Promise<Decompressed>((resolve, reject) => {
        if (waiting.length >= MAX_WAITING) {
          resolve({ kind: 'no_time' });
          return;
        }
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

function sizeOf({ data, boundBytes }: Job): number {
  return data.length + boundBytes;
}
