/** Of typescript.mjs: what Node loads. Code that was made of a source is kept in build/. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const KEPT = fileURLToPath(new URL('../../build/test/typescript/', import.meta.url));
mkdirSync(KEPT, { recursive: true });
/** Which esbuild it is; to load it takes a while, and is rarely needed. */
const ESBUILD = readFileSync(new URL('../../node_modules/esbuild/package.json', import.meta.url));

export async function load(url, context, next) {
  if (!/^file:.*\.tsx?$/.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const text = readFileSync(file, 'utf8');
  const name = createHash('sha256').update(ESBUILD).update(`${file}\n${text}`).digest('hex');
  const kept = `${KEPT}${name}.js`;
  return {
    format: 'module',
    source: read(kept) ?? (await make(file, text, kept)),
    shortCircuit: true,
  };
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function make(file, text, kept) {
  const { transformSync } = await import('esbuild');
  const { code } = transformSync(text, {
    loader: file.endsWith('x') ? 'tsx' : 'ts',
    target: 'node20',
    sourcemap: 'inline',
    sourcefile: file,
    sourcesContent: false,
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  // Under another name first: test files run side by side.
  const unfinished = `${kept}.${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, kept);
  return code;
}
