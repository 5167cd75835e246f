// Keeps imports one-way: programs -> edge, config, log, metrics -> core (docs/architecture.md).
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const PROGRAMS = ['api', 'fastpath', 'uploader'];
const SHARED = ['core', 'edge', 'config', 'log', 'metrics', 'program'];

/** May a file in part `from` import from part `to`? Parts are the first folders below src/. */
function allowed(from, to, fromFile, toFile) {
  if (from === to) {
    // Edge modules (edge/spool, edge/objects, …) do not import each other.
    return from !== 'edge' || fromFile.split('/')[1] === toFile.split('/')[1];
  }
  if (PROGRAMS.includes(from)) return SHARED.includes(to);
  switch (from) {
    case 'program':
      return SHARED.includes(to);
    case 'edge':
    case 'config':
    case 'metrics':
      return to === 'core' || to === 'log' || (from !== 'edge' && to === 'config');
    default:
      return false; // core and log import nothing of ours but themselves
  }
}

let wrong = 0;
for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const file = relative('src', join(entry.parentPath, entry.name));
  const text = readFileSync(join('src', file), 'utf8');
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const imported = normalize(join(dirname(file), target));
    if (!allowed(file.split('/')[0], imported.split('/')[0], file, imported)) {
      console.error(`src/${file} must not import src/${imported} (docs/architecture.md)`);
      wrong++;
    }
  }
}
if (wrong > 0) process.exit(1);
