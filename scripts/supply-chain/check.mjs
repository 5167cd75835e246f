// `make supply-chain`: what runs in production is Debian Stable's or on the closed list, unchanged.
// Prints every fault, one a line, and ends with 1 when there is any. Works offline.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join, relative } from 'node:path';
import { renderCopyright } from './copyright.mjs';
import {
  closedList,
  integrityOf,
  keyOf,
  lockedPackages,
  NATIVE,
  neededPackages,
  PROGRAMS,
  packagePathOf,
  policy,
  readJson,
  readMetafile,
  tarballOf,
  VENDOR_DIR,
} from './packages.mjs';
import { binariesOf, installScriptsOf, manifestOf, withUnpacked } from './tarball.mjs';

/** What debian/rules compiles and debian/install-files installs of a native module. */
const NATIVE_FILES = ['notify.cc', 'index.js', 'package.json'];

const rules = policy();
const list = closedList();

/** Every package in the bundles is pinned by the lock file and on the closed list. */
function* unlistedPackages() {
  for (const entry of neededPackages()) {
    const key = keyOf(entry);
    if (!entry.production) yield `${entry.path}: bundled, but not a production dependency`;
    else if (!(key in list))
      yield `${key}: bundled, but neither in Debian Stable nor on the closed list (make vendor)`;
    else if (list[key].integrity !== entry.integrity)
      yield `${key}: expected ${list[key].integrity} as on the closed list, found ${entry.integrity} in package-lock.json`;
  }
}

/** Nothing stays on the list, or in the folder, that no bundle needs. */
function* leftovers() {
  const needed = new Set(neededPackages().map(keyOf));
  for (const key of Object.keys(list))
    if (!needed.has(key)) yield `${key}: on the closed list, but in no bundle (make vendor)`;
  const tarballs = new Set(Object.keys(list).map((key) => basename(tarballOf(splitKey(key)))));
  for (const file of readdirSync(VENDOR_DIR))
    if (!tarballs.has(file)) yield `${VENDOR_DIR}/${file}: belongs to nothing on the closed list`;
}

const splitKey = (key) => ({
  name: key.slice(0, key.lastIndexOf('@')),
  version: key.slice(key.lastIndexOf('@') + 1),
});

/** Each tarball is the one that was reviewed: bytes, name, licence, no code run unseen. */
function* changedTarballs() {
  for (const [key, entry] of Object.entries(list)) {
    const tarball = tarballOf(splitKey(key));
    if (!existsSync(tarball)) {
      yield `${tarball}: missing (make vendor)`;
      continue;
    }
    const found = integrityOf(readFileSync(tarball));
    if (found !== entry.integrity) {
      yield `${tarball}: expected ${entry.integrity}, found ${found}`;
      continue;
    }
    const manifest = manifestOf(tarball);
    if (keyOf(manifest) !== key) yield `${tarball}: calls itself ${keyOf(manifest)}`;
    if (!rules.licences.includes(manifest.license))
      yield `${key}: licence ${JSON.stringify(manifest.license)} is not on the list of policy.json`;
    if (manifest.license !== entry.licence)
      yield `${key}: expected licence ${entry.licence}, found ${manifest.license}`;
    for (const script of installScriptsOf(tarball))
      if (!(manifest.name in rules.installScripts))
        yield `${key}: has an install script (${script}) that is not on the list of policy.json`;
    for (const file of binariesOf(tarball))
      if (!(manifest.name in rules.compiled))
        yield `${key}: holds compiled code that is not on the list of policy.json: ${file}`;
  }
}

/** What the bundles were made of: our own sources, and files of the tarballs as these have them. */
function* changedSources() {
  const inputs = new Set(PROGRAMS.flatMap((program) => Object.keys(readMetafile(program).inputs)));
  const byPackage = new Map();
  for (const file of inputs) {
    const path = packagePathOf(file);
    if (path !== undefined) byPackage.set(path, [...(byPackage.get(path) ?? []), file]);
    else if (!file.startsWith('src/')) yield `${file}: bundled, but neither a source nor a package`;
  }
  // Compiled, or installed as they are.
  for (const name of NATIVE)
    byPackage.set(
      `node_modules/${name}`,
      NATIVE_FILES.map((file) => `node_modules/${name}/${file}`),
    );
  for (const entry of neededPackages()) {
    const tarball = tarballOf(entry);
    // Told of by changedTarballs.
    if (!isAsListed(keyOf(entry), tarball)) continue;
    yield* withUnpacked(tarball, (folder) =>
      byPackage
        .get(entry.path)
        .filter((file) => differs(file, join(folder, relative(entry.path, file))))
        .map((file) => `${file}: bundled, but not as in ${tarball}`),
    );
  }
}

const isAsListed = (key, tarball) =>
  key in list && existsSync(tarball) && integrityOf(readFileSync(tarball)) === list[key].integrity;

/** Where there is no node_modules (any more), it is enough that the tarball has the file. */
function differs(file, inTarball) {
  if (!existsSync(inTarball)) return true;
  return existsSync(file) && !readFileSync(file).equals(readFileSync(inTarball));
}

/** What the bundles import when they run: Node's own modules, the native ones, the known absent. */
function* strangeImports() {
  const allowed = new Set([...builtinModules, ...NATIVE, ...Object.keys(rules.absent)]);
  for (const program of PROGRAMS)
    for (const output of Object.values(readMetafile(program).outputs))
      for (const { path, external } of output.imports)
        if (external && !allowed.has(path.replace(/^node:/, '')))
          yield `dist/ooni-${program}.js: imports ${path}, which is not there in production`;
}

/** Runtime dependencies of the Debian packages are the ones that policy.json names. */
function* strangeDebianDependencies() {
  const control = readFileSync('debian/control', 'utf8').replace(/\n[ \t]+/g, ' ');
  for (const line of control.split('\n')) {
    const fields = /^(?:Pre-Depends|Depends|Recommends|Suggests): (.*)$/.exec(line);
    for (const dependency of fields?.[1].split(/[,|]/) ?? []) {
      const name = dependency.trim().split(/[ (:]/)[0];
      if (
        name !== '' &&
        !name.startsWith('$') &&
        !name.startsWith('ooni-') &&
        !(name in rules.debian)
      )
        yield `debian/control: ${name} is not on the list of policy.json`;
    }
  }
}

/** Each direct dependency has its reason, and the lock file no download addresses. */
function* paperwork() {
  const reasons = readFileSync('docs/supply-chain.md', 'utf8');
  for (const name of Object.keys(readJson('package.json').dependencies))
    if (!reasons.includes(`\`${name}\``)) yield `docs/supply-chain.md: no reason for \`${name}\``;
  for (const [path, entry] of Object.entries(readJson('package-lock.json').packages)) {
    if (entry.resolved !== undefined) yield `package-lock.json: ${path} has a download address`;
    if (path !== '' && !/^sha512-/.test(entry.integrity ?? ''))
      yield `package-lock.json: ${path} has no SHA-512 hash`;
  }
  if (readFileSync('debian/copyright', 'utf8') !== renderCopyright())
    yield 'debian/copyright: not what the closed list says (make vendor)';
}

const faults = [
  unlistedPackages,
  leftovers,
  changedTarballs,
  changedSources,
  strangeImports,
  strangeDebianDependencies,
  paperwork,
].flatMap((check) => [...check()]);
for (const fault of faults) console.error(fault);
const locked = [...lockedPackages().values()].filter((entry) => keyOf(entry) in list).length;
console.log(
  faults.length === 0
    ? `supply chain: ${Object.keys(list).length} packages (${locked} places in the lock file), all as listed`
    : `supply chain: ${faults.length} faults`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
