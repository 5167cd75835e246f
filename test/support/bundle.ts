/**
 * The programs of these sources as single files that start quickly: everything is in one script, whose
 * code V8 has compiled before. A process of it costs half of what it would from its sources.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const FOLDER = fileURLToPath(new URL('../../build/test', import.meta.url));
/** What the programs have beside them when they are built. */
const NATIVE = fileURLToPath(new URL('../../dist/native.node', import.meta.url));
const built = new Map<string, string>();

/**
 * Bundles a program's source file for plain Node, once a process; gives the file to run, as a process or as
 * a thread. Test files share it, and what V8 made of it, as long as the sources are the same.
 */
export function bundle(file: URL): string {
  const entry = fileURLToPath(file);
  let launcher = built.get(entry);
  if (launcher === undefined) {
    const script = scriptOf(entry);
    launcher = join(
      FOLDER,
      `${createHash('sha256').update(LAUNCHER).update(script).digest('hex')}.cjs`,
    );
    mkdirSync(FOLDER, { recursive: true });
    writeWhole(`${launcher}.js`, script);
    writeWhole(launcher, LAUNCHER);
    if (existsSync(NATIVE)) replaceWhole(join(FOLDER, 'native.node'));
    built.set(entry, launcher);
  }
  return launcher;
}

/** A script, not a module: V8's cache of compiled code is for scripts. */
function scriptOf(entry: string): Uint8Array {
  // A script cannot wait at its top: a program's last statement, which runs it, is not waited for.
  const source = readFileSync(entry, 'utf8').replace(/^await|^ {2}await(?= run)/gm, 'void');
  const { outputFiles } = buildSync({
    stdin: { contents: source, loader: 'ts', sourcefile: entry, resolveDir: join(entry, '..') },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['sd-notify', 'supports-color'],
    define: { 'import.meta.url': 'LAUNCHER_URL' },
    banner: { js: '(function (require, module, exports, LAUNCHER_URL) {' },
    footer: { js: '})' },
    charset: 'ascii',
    logLevel: 'error',
  });
  return outputFiles[0]!.contents;
}

/** Runs the script beside it; the first process that ends of itself leaves what V8 compiled to the others. */
const LAUNCHER = `
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');
const { threadId } = require('node:worker_threads');
const vm = require('node:vm');
const filename = __filename + '.js';
const cacheFile = __filename + '.cache';
let cachedData;
try {
  cachedData = readFileSync(cacheFile);
} catch {}
// All of it is ASCII.
const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData });
if (cachedData === undefined || script.cachedDataRejected)
  process.once('exit', () => {
    const own = cacheFile + '.' + process.pid + '.' + threadId;
    try {
      writeFileSync(own, script.createCachedData());
      renameSync(own, cacheFile);
    } catch {}
  });
script.runInThisContext()(require, module, exports, pathToFileURL(__filename).href);
`;

/** Several test files may write the same at once: each into a name of its own, then renamed. */
function writeWhole(file: string, content: string | Uint8Array): void {
  if (existsSync(file)) return;
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

/** A process that has the old one loaded keeps it. */
function replaceWhole(module: string): void {
  copyFileSync(NATIVE, `${module}.${process.pid}`);
  renameSync(`${module}.${process.pid}`, module);
}
