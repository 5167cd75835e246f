/**
 * Speed of scoring and of the search for fingerprints: `node --import=tsx bench/scoring.ts`.
 *
 * The bench is bundled first and run by plain node, as the programs are, so that its figures are
 * those of the programs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
try {
  const outfile = join(folder, 'scoring.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('scoring-run.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    // Packages in CommonJS that are bundled into a module still ask for node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const root = fileURLToPath(new URL('..', import.meta.url));
  process.exitCode = spawnSync(process.execPath, [outfile, root], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
