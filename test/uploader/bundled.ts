/** The uploader of these sources as one file, so that a process of it starts quickly. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** Bundles killable.ts into `dir`; gives the file to run. */
export function bundleUploader(dir: string): string {
  const outfile = join(dir, 'killable.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('killable.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['sd-notify'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  });
  return outfile;
}
