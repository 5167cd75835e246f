// Reads npm tarballs with tar-stream's format knowledge left to tar(1): no npm package is needed here,
// since the package build runs this before any is unpacked.
import { isUtf8 } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

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

/**
 * What nobody can review in a tarball: files that are no text, whatever they are called, and those that
 * are called as compiled code is.
 */
export function binariesOf(tarball) {
  return withUnpacked(tarball, (folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .filter(
        (entry) =>
          /\.(node|so|dll|dylib|exe|wasm|a|o|jar|pyc)$/i.test(entry.name) ||
          !entry.isFile() ||
          !isText(readFileSync(join(entry.parentPath, entry.name))),
      )
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort(),
  );
}

/** UTF-8 without zero bytes: ELF and other object files, archives and compressed data are not. */
function isText(bytes) {
  return isUtf8(bytes) && !bytes.includes(0);
}

/** Calls `use` with a temporary folder that has the files of a tarball. */
export function withUnpacked(tarball, use) {
  const folder = mkdtempSync(join(tmpdir(), 'ooni-tarball-'));
  try {
    unpack(tarball, folder);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

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
