// Keeps imports one-way, programs -> program, edge, config -> log, disk, native -> core, and core pure,
// and SQL text in core alone (docs/architecture.md).
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const PROGRAMS = ['api', 'fastpath', 'uploader', 'doctor'];

/** What each part may import besides itself; parts are the first folders below src/. */
const BELOW = {
  program: ['edge', 'config', 'log', 'disk', 'core'],
  edge: ['log', 'disk', 'native', 'core'],
  config: ['log', 'core'],
  log: ['core'],
  disk: ['core'],
  native: [],
  core: [],
};
for (const program of PROGRAMS) BELOW[program] = ['program', ...BELOW.program];

/** Rooms of core that stand below scoring: what a measurement is does not depend on what it is worth. */
const BELOW_SCORING = ['core/json/', 'core/measurement/', 'core/submission/', 'core/archive/'];

function allowed(from, to, fromFile, toFile) {
  if (toFile.startsWith('core/scoring/') && BELOW_SCORING.some((room) => fromFile.startsWith(room)))
    return false;
  // Edge modules (edge/spool, edge/objects, …) do not import each other.
  if (from === to) return from !== 'edge' || fromFile.split('/')[1] === toFile.split('/')[1];
  return BELOW[from]?.includes(to) ?? false;
}

/** What core may have of Node: functions of their arguments alone. */
const PURE_MODULES = new Set(['node:buffer', 'node:crypto', 'node:zlib']);
/** Clock, chance and the world outside of the arguments. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|performance\.|Math\.random|randomBytes|randomUUID|process\.|setTimeout|setInterval|fetch\()/;

/** SQL text: it stands in core, beside what asks it, and the floors above only send it. */
const SQL =
  /\b(SELECT\s+(?!…)\S|INSERT\s+INTO\b|(CREATE|ALTER|DROP|TRUNCATE)\s+(TABLE|DATABASE|VIEW)\b|OPTIMIZE\s+TABLE\b)/;

let wrong = 0;
const refuse = (file, what) => {
  console.error(`src/${file} must not ${what} (docs/architecture.md)`);
  wrong++;
};

for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
  const file = relative('src', join(entry.parentPath, entry.name));
  const text = readFileSync(join('src', file), 'utf8');
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const imported = normalize(join(dirname(file), target));
    if (!allowed(file.split('/')[0], imported.split('/')[0], file, imported))
      refuse(file, `import src/${imported}`);
  }
  const code = text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*/gm, '');
  if (!file.startsWith('core/')) {
    const sql = SQL.exec(code);
    if (sql !== null)
      refuse(file, `hold SQL text (${sql[0]}): that is in core/sql or beside its endpoint`);
    continue;
  }
  if (/\bSELECT\s+\*/.test(code)) refuse(file, 'ask for all columns, whatever they are: name them');
  for (const [, module] of text.matchAll(/from '(node:[^']+)'/g))
    if (!PURE_MODULES.has(module)) refuse(file, `import ${module}: core is pure`);
  const impure = IMPURE.exec(code);
  if (impure !== null) refuse(file, `use ${impure[1]}: core is pure`);
}
if (wrong > 0) process.exit(1);
