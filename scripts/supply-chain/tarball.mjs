// Reads npm tarballs with tar-stream's format knowledge left to tar(1): no npm package is needed here,
// since the package build runs this before any is unpacked.
import { execFileSync } from 'node:child_process';

/** Names of the files in a tarball, without its top folder. */
export function filesOf(tarball) {
  return execFileSync('tar', ['--warning=no-unknown-keyword', '-tzf', tarball], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/'))
    .map((name) => name.slice(name.indexOf('/') + 1));
}

/** Text of the first file whose name (below the top folder) matches, or undefined. */
export function readFrom(tarball, pattern) {
  const names = execFileSync('tar', ['--warning=no-unknown-keyword', '-tzf', tarball], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const name = names.split('\n').find((entry) => pattern.test(entry.replace(/^[^/]+\//, '')));
  if (name === undefined) return undefined;
  return execFileSync('tar', ['--warning=no-unknown-keyword', '-xzOf', tarball, name], {
    encoding: 'utf8',
  });
}

/** The package.json of a tarball. */
export const manifestOf = (tarball) => JSON.parse(readFrom(tarball, /^package\.json$/));

/** Unpacks a tarball's files into a folder. */
export function unpack(tarball, folder) {
  execFileSync('tar', [
    '--warning=no-unknown-keyword',
    '-xzf',
    tarball,
    '--strip-components=1',
    '--no-same-owner',
    '--no-same-permissions',
    '-C',
    folder,
  ]);
}

/** Scripts that npm would run at installation, by name; a binding.gyp alone makes npm run node-gyp. */
export function installScriptsOf(tarball) {
  const scripts = manifestOf(tarball).scripts ?? {};
  const found = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);
  if (found.length === 0 && filesOf(tarball).includes('binding.gyp')) found.push('binding.gyp');
  return found;
}

/** Compiled code in a tarball, which nobody can review. */
export const binariesOf = (tarball) =>
  filesOf(tarball).filter((name) => /\.(node|so|dll|dylib|exe|wasm|a|o|jar|pyc)$/i.test(name));

/**
 * The copyright lines of a tarball's licence and notice files. Where they have none, nothing is made up:
 * the line says so, and who package.json says is the author.
 */
export function copyrightOf(tarball) {
  const licence = readFrom(tarball, /^(licen[sc]e|copying)([.-][\w.]+)?$/i) ?? '';
  const notice = readFrom(tarball, /^notice([.-][\w.]+)?$/i) ?? '';
  const lines = `${licence}\n${notice}`
    .split('\n')
    .map((line) => line.trim().replace(/&lt;/g, '<').replace(/&gt;/g, '>'))
    .filter((line) => /^(modified work )?(copyright|\(c\)|©)/i.test(line) && !isTemplate(line))
    .map((line) =>
      line.replace(/^((modified work )?copyright\s*|\(c\)\s*|©\s*|:\s*)+/gi, '').trim(),
    )
    .map((line) => line.replace(/\s+/g, ' ').replace(/\.$/, ''))
    .filter((line) => /[a-z]{2}/i.test(line));
  if (lines.length > 0) return [...new Set(lines)];
  const { author } = manifestOf(tarball);
  const person = typeof author === 'string' ? author : author?.name;
  return [person ? `none stated; author in package.json: ${person}` : 'none stated'];
}

// Words of the Apache licence itself and of its fill-in form.
const isTemplate = (line) =>
  /copyright (owner|notice|license|statement|holder)|\[yyyy\]|\{yyyy\}|you must retain/i.test(line);
