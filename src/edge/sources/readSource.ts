/** Reads the files of a job from one source. */
import { basename } from 'node:path';
import type { SourceFile } from '../../core/sources/job.ts';
import { type SourceAddress, sourceName } from '../../core/sources/sourceAddress.ts';
import { sha256Hex } from '../../core/text/sha256.ts';
import { type DownloadOptions, download } from './download.ts';
import { isFolder, readFolder, readWhole } from './folder.ts';
import { openGitRepository } from './gitRepository.ts';
import { SourceError } from './sourceError.ts';
import { unpack, type Wanted } from './unpack.ts';

/** What tells a version of a source: ETags by address, or `commit`. */
export type Validators = Readonly<Record<string, string>>;

export type Fetched =
  /** It is the version that the validators were given for. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'files';
      readonly files: readonly SourceFile[];
      readonly validators: Validators;
    };

/** Throws SourceError, whose text names the source. `known`: of the content that is in use. */
export async function readSource(
  address: SourceAddress,
  wanted: Wanted,
  known: Validators,
  options: DownloadOptions,
): Promise<Fetched> {
  try {
    switch (address.kind) {
      case 'https-files':
        return await readFiles(address.base, wanted, known, options);
      case 'https-file':
        return await readFile(address, wanted, known, options);
      case 'path':
        return await readPath(address, wanted, options);
      case 'git':
        return await readGit(address, wanted, known, options);
    }
  } catch (cause) {
    const name = sourceName(address);
    const text = (cause as Error).message;
    throw new SourceError(text.includes(name) ? text : `${name}: ${text}`, { cause });
  }
}

async function readFiles(
  base: string,
  wanted: Wanted,
  known: Validators,
  options: DownloadOptions,
): Promise<Fetched> {
  const names = wanted.files;
  if (names === undefined)
    throw new SourceError('expected a folder, a repository, or an archive of one (.tar.gz, .zip)');
  const answers = [];
  for (const name of names) {
    const url = new URL(name, base).href;
    answers.push({ name, url, answer: await download(url, known[url], options) });
  }
  if (answers.every(({ answer }) => answer.kind === 'unchanged')) return { kind: 'unchanged' };
  const files: SourceFile[] = [];
  const validators: Record<string, string> = {};
  for (const { name, url, answer } of answers) {
    // What did not change is needed too, beside what did.
    const whole = answer.kind === 'file' ? answer : await download(url, undefined, options);
    if (whole.kind === 'unchanged')
      throw new SourceError(`${url}: nothing new, but all was asked for`);
    files.push({ name, bytes: whole.bytes });
    if (whole.etag !== undefined) validators[url] = whole.etag;
  }
  return { kind: 'files', files, validators };
}

async function readFile(
  address: SourceAddress & { readonly kind: 'https-file' },
  wanted: Wanted,
  known: Validators,
  options: DownloadOptions,
): Promise<Fetched> {
  const { url, sha256 } = address;
  const answer = await download(url, known[url], options);
  if (answer.kind === 'unchanged') return answer;
  checkSha256(answer.bytes, sha256);
  const name = basename(new URL(url).pathname);
  return {
    kind: 'files',
    files: await unpack(name, answer.bytes, wanted, options.maxBytes),
    validators: answer.etag === undefined ? {} : { [url]: answer.etag },
  };
}

async function readPath(
  { path, sha256 }: SourceAddress & { readonly kind: 'path' },
  wanted: Wanted,
  { maxBytes }: DownloadOptions,
): Promise<Fetched> {
  if (await isFolder(path)) {
    if (sha256 !== undefined) throw new SourceError('a folder has no hash of its own');
    return { kind: 'files', files: await readFolder(path, wanted, maxBytes), validators: {} };
  }
  const bytes = await readWhole(path, maxBytes);
  if (bytes === undefined) throw new SourceError('is not there any more');
  checkSha256(bytes, sha256);
  const files = await unpack(basename(path), bytes, wanted, maxBytes);
  return { kind: 'files', files, validators: {} };
}

async function readGit(
  { path, revision }: SourceAddress & { readonly kind: 'git' },
  wanted: Wanted,
  known: Validators,
  options: DownloadOptions,
): Promise<Fetched> {
  const repository = openGitRepository(path, options);
  const commit = await repository.commit(revision);
  if (known.commit === commit) return { kind: 'unchanged' };
  const files = await repository.files(commit, wanted);
  return { kind: 'files', files, validators: { commit } };
}

function checkSha256(bytes: Uint8Array, expected: string | undefined): void {
  if (expected === undefined) return;
  const found = sha256Hex(bytes);
  if (found !== expected) throw new SourceError(`expected SHA-256 ${expected}, found ${found}`);
}
