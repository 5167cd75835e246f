// Bundles each program to one JavaScript file with a source map, for Debian's nodejs, and compiles the
// native module that they have beside them.
//
// The esbuild program is called as a command, so that the package build uses Debian's own
// (ESBUILD=esbuild) and a checkout the pinned one. The result depends on the sources alone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';

/** Version from debian/changelog, as the package has it. */
function version() {
  if (!existsSync('debian/changelog')) return 'development';
  const first = readFileSync('debian/changelog', 'utf8').split('\n', 1)[0];
  return /\(([^)]+)\)/.exec(first)?.[1] ?? 'development';
}

// CommonJS dependencies inside an ES module bundle look for this name. (Not for __dirname: yargs
// declares its own.)
const banner = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  'const require = createRequireForBundle(import.meta.url);',
].join('');

mkdirSync('dist', { recursive: true });
for (const program of ['api', 'fastpath', 'uploader', 'doctor']) {
  execFileSync(
    process.env.ESBUILD ?? 'node_modules/.bin/esbuild',
    [
      `src/${program}/main.ts`,
      `--outfile=dist/ooni-${program}.js`,
      '--bundle',
      '--platform=node',
      '--target=node20',
      '--format=esm',
      '--sourcemap=linked',
      '--sources-content=false',
      '--legal-comments=none',
      '--external:sd-notify',
      // debug asks for it in a try block; a checkout has it by chance, the package build has not.
      '--external:supports-color',
      // What went into the bundle, by package: the supply chain checks and the SBOMs are made of it.
      `--metafile=dist/ooni-${program}.meta.json`,
      `--define:OONI_VERSION=${JSON.stringify(version())}`,
      `--banner:js=${banner}`,
      '--log-level=warning',
    ],
    { stdio: 'inherit' },
  );
}

execFileSync('sh', ['scripts/native.sh', 'dist/native.node'], { stdio: 'inherit' });
