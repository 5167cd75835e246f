// Brings vendor/npm and vendor/closed-list.json in line with package-lock.json (`make vendor`).
//
// Run it after a runtime dependency changed, and review its diff: what is on the closed list may be
// in the packages. Tarballs are fetched by npm at the pinned version and kept only when their hash
// is the one in package-lock.json.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { integrityOf, keyOf, neededPackages, tarballOf, VENDOR_DIR } from './packages.mjs';
import { copyrightOf, manifestOf } from './tarball.mjs';

const needed = new Map();
for (const entry of neededPackages()) {
  if (!entry.production)
    throw new Error(`${entry.path} is bundled, but it is not a production dependency`);
  needed.set(keyOf(entry), entry);
}

mkdirSync(VENDOR_DIR, { recursive: true });
const wanted = [...needed.values()];
for (const file of readdirSync(VENDOR_DIR))
  if (!wanted.some((entry) => basename(tarballOf(entry)) === file)) rmSync(join(VENDOR_DIR, file));

const isGood = (entry) =>
  existsSync(tarballOf(entry)) && integrityOf(readFileSync(tarballOf(entry))) === entry.integrity;
const missing = wanted.filter((entry) => !isGood(entry));
const folder = mkdtempSync(join(tmpdir(), 'ooni-vendor-'));
for (const entry of missing) {
  const answer = execFileSync(
    'npm',
    ['pack', keyOf(entry), '--prefer-offline', '--json', `--pack-destination=${folder}`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const bytes = readFileSync(join(folder, JSON.parse(answer)[0].filename));
  if (integrityOf(bytes) !== entry.integrity)
    throw new Error(
      `${keyOf(entry)}: expected ${entry.integrity} as in package-lock.json, found ${integrityOf(bytes)}`,
    );
  writeFileSync(tarballOf(entry), bytes);
}
rmSync(folder, { recursive: true });

const list = {};
for (const key of [...needed.keys()].sort()) {
  const entry = needed.get(key);
  const tarball = tarballOf(entry);
  list[key] = {
    integrity: entry.integrity,
    licence: manifestOf(tarball).license,
    copyright: copyrightOf(tarball),
  };
}
writeFileSync('vendor/closed-list.json', `${JSON.stringify(list, null, 2)}\n`);
console.log(`${wanted.length} packages in ${VENDOR_DIR}, ${missing.length} of them fetched now`);
