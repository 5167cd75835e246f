/** A worker thread that runs a TypeScript source file, as the bundle's threads run the bundle. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { bundle } from './bundle.ts';

/** Without what the test runner has every thread of a test load before. */
export function sourceThread(file: URL, options: WorkerOptions = {}): Worker {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Worker(bundle(file), { execArgv: [], env, ...options });
}
