// The npm packages that run in production: what the lock file pins, what the bundles hold, and where
// their vendored tarballs lie. Used by the other scripts of this folder; does nothing by itself.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PROGRAMS = ['api', 'fastpath', 'uploader', 'doctor'];
/** Not bundled: native code, installed beside the bundles by ooni-common. */
export const NATIVE = ['sd-notify'];
export const VENDOR_DIR = 'vendor/npm';

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
export const policy = () => readJson('vendor/policy.json');
export const closedList = () =>
  existsSync('vendor/closed-list.json') ? readJson('vendor/closed-list.json') : {};

/** `name@version`, the key of a package in the closed list. */
export const keyOf = ({ name, version }) => `${name}@${version}`;

/** File of a package's tarball: `@koa/router@15.7.0` is `koa+router-15.7.0.tgz`. */
export const tarballOf = ({ name, version }) =>
  join(VENDOR_DIR, `${name.replace(/^@/, '').replace('/', '+')}-${version}.tgz`);

/** Subresource integrity of some bytes, as npm writes it. */
export const integrityOf = (bytes) =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

/** Every package of the lock file, by its path below the top folder (`node_modules/koa`). */
export function lockedPackages() {
  const packages = new Map();
  for (const [path, entry] of Object.entries(readJson('package-lock.json').packages)) {
    if (path === '') continue;
    packages.set(path, {
      path,
      name: nameOfPath(path),
      version: entry.version,
      integrity: entry.integrity,
      production: !entry.dev && !entry.devOptional,
      dependencies: Object.keys(entry.dependencies ?? {}),
    });
  }
  return packages;
}

const nameOfPath = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Folder of the package that a bundled file belongs to, or undefined for our own files. */
export function packagePathOf(file) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** What esbuild says of a program's bundle: written by scripts/build.mjs. */
export function readMetafile(program) {
  const file = `dist/ooni-${program}.meta.json`;
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`make build\` first`);
  return readJson(file);
}

/** Paths of the packages whose code is in a program's bundle. */
export function bundledPaths(program) {
  const [output] = Object.entries(readMetafile(program).outputs).filter(([name]) =>
    name.endsWith('.js'),
  );
  return sortedSet(Object.keys(output[1].inputs).map(packagePathOf));
}

/** Paths of the packages that esbuild must be able to read to make the bundles. */
export function buildPaths() {
  return sortedSet(
    PROGRAMS.flatMap((program) => Object.keys(readMetafile(program).inputs)).map(packagePathOf),
  );
}

const sortedSet = (paths) => [...new Set(paths.filter((path) => path !== undefined))].sort();

/**
 * The packages that must be vendored: those that the bundles are made of, without the ones that
 * Debian has (policy.fromDebian) or that stay out (policy.absent), and the native ones.
 */
export function neededPackages() {
  const locked = lockedPackages();
  const paths = [...buildPaths(), ...NATIVE.map((name) => `node_modules/${name}`)];
  const { fromDebian, absent } = policy();
  return paths
    .map((path) => locked.get(path) ?? { path, name: nameOfPath(path), production: false })
    .filter(({ name }) => !(name in fromDebian) && !(name in absent));
}
