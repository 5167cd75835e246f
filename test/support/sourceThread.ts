/** A worker thread that runs a TypeScript source file, as the bundle's threads run the bundle. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { buildSync } from 'esbuild';

const built = new Map<string, string>();

/** Bundles a source file for plain Node, once a process; npm packages stay outside. */
export function bundle(file: URL): string {
  const entry = fileURLToPath(file);
  let outfile = built.get(entry);
  if (outfile === undefined) {
    const dir = join(
      fileURLToPath(new URL('../../build/test', import.meta.url)),
      String(process.pid),
    );
    mkdirSync(dir, { recursive: true });
    outfile = join(dir, `${built.size}.mjs`);
    buildSync({
      entryPoints: [entry],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
    });
    built.set(entry, outfile);
  }
  return outfile;
}

export function sourceThread(file: URL, options: WorkerOptions = {}): Worker {
  return new Worker(bundle(file), options);
}
