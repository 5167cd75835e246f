// Every source file has a test that is found from it: test/<same path>.test.ts, or one whose first
// comment names it, as in `Covers src/a/b.ts, src/a/{c,d}.ts` (CONTRIBUTING.md). Part of `make check`.
// Files of types alone and main.ts, which is wiring, need none.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

function filesBelow(folder, ending) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The comment that a file begins with; empty when it begins otherwise. */
function headComment(text) {
  return /^(?:\/\*\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[0] ?? '';
}

/** Paths of sources that a comment names, `{c,d}` spelled out. */
function named(comment) {
  const text = comment.replace(/^\s*(?:\*|\/\/) ?/gm, ' ').replace(/,\s+/g, ', ');
  return [...text.matchAll(/\bsrc\/[\w./-]*(?:\{[\w, ]+\})?\.tsx?\b/g)].flatMap(([path]) => {
    const [, before, names, after] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
    if (names === undefined) return [path];
    return names.split(',').map((name) => before + name.trim() + after);
  });
}

let wrong = 0;
const covered = new Set();
for (const test of filesBelow('test', /\.test\.ts$/))
  for (const source of named(headComment(readFileSync(test, 'utf8')))) {
    covered.add(source);
    if (existsSync(source)) continue;
    console.error(`${test}: its first comment names ${source}, which is not there`);
    wrong++;
  }

const RUNS = /^(?:export )?(?:default )?(?:async )?(?:const|let|function\*?|class|enum)\b/m;
for (const source of filesBelow('src', /\.tsx?$/)) {
  if (source.endsWith('/main.ts') || covered.has(source)) continue;
  if (existsSync(source.replace(/^src/, 'test').replace(/\.tsx?$/, '.test.ts'))) continue;
  if (!RUNS.test(readFileSync(source, 'utf8'))) continue;
  console.error(
    `${source}: no test/…/same name.test.ts, and no test's first comment says "Covers ${source}"`,
  );
  wrong++;
}
if (wrong > 0) process.exit(1);
