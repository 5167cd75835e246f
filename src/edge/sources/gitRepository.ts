/**
 * Files of a commit of a Git repository on this host, with a checkout or bare. Read from the objects and
 * not from a checkout (nor by `git archive`), so that no filter, hook or attribute of a repository takes
 * part: the bytes are those that were committed. Nothing is asked of the network.
 */
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { SourceFile } from '../../core/sources/job.ts';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import { SourceError, type SourceLimits } from './sourceError.ts';
import type { Wanted } from './unpack.ts';

/** None of the caller's, so that no variable points git elsewhere. */
const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
};
/** A listing has a line of some hundred bytes for each file. */
const MAX_LISTING_BYTES = 67_108_864;
const REGULAR_FILE = /^(?:100644|100755) blob ([0-9a-f]{40,64})\t/;

export interface GitRepository {
  /** The id of the commit that a revision means now. */
  commit(revision: string): Promise<string>;
  files(commit: string, wanted: Wanted): Promise<readonly SourceFile[]>;
}

export function openGitRepository(path: string, limits: SourceLimits): GitRepository {
  const git = (args: readonly string[], maxBytes: number, input = '') =>
    runGit(path, args, input, maxBytes, limits.timeoutMs);
  return {
    async commit(revision) {
      const text = await git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], 1_024);
      return text.toString().trim();
    },
    async files(commit, wanted) {
      const listing = await git(['ls-tree', '-r', '-z', commit], MAX_LISTING_BYTES);
      const found: { readonly name: string; readonly id: string }[] = [];
      for (const line of listing.toString().split('\0')) {
        const id = REGULAR_FILE.exec(line)?.[1];
        const name = line.slice(line.indexOf('\t') + 1);
        if (id !== undefined && wanted.wants(name)) found.push({ name, id });
      }
      const ids = found.map(({ id }) => `${id}\n`).join('');
      const objects = await git(['cat-file', '--batch'], limits.maxBytes, ids);
      return splitBatch(objects, found);
    },
  };
}

/** Objects as `cat-file --batch` gives them: `<id> blob <size>`, the bytes, a line feed. */
function splitBatch(
  objects: Buffer,
  found: readonly { readonly name: string; readonly id: string }[],
): readonly SourceFile[] {
  let at = 0;
  return found.map(({ name, id }) => {
    const begins = objects.indexOf(0x0a, at) + 1;
    const head = objects.subarray(at, begins).toString();
    const size = new RegExp(`^${id} blob (\\d+)\n$`).exec(head)?.[1];
    if (size === undefined) throw new SourceError(`git has no ${name} (${id})`);
    at = begins + Number(size) + 1;
    return { name, bytes: objects.subarray(begins, at - 1) };
  });
}

async function runGit(
  path: string,
  args: readonly string[],
  input: string,
  maxBytes: number,
  timeoutMs: number,
): Promise<Buffer> {
  // Whose the repository is does not matter, since nothing of its configuration is run.
  const child = spawn('git', ['-C', path, '-c', 'safe.directory=*', ...args], {
    // It is this folder that is meant, not one above it.
    env: { ...ENVIRONMENT, GIT_CEILING_DIRECTORIES: dirname(resolve(path)) },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
  // Rejections are those of `ended`; what is not read any more is no fault of its own.
  child.stdin.on('error', () => {});
  Readable.from([input]).pipe(child.stdin);
  const name = `git:${path}: git ${args[0]}`;
  try {
    const [output, errors, code] = await Promise.all([
      bounded(child.stdout, maxBytes),
      buffer(child.stderr),
      ended,
    ]);
    if (code === 0) return output;
    const said = errors.toString().trim().slice(0, 500);
    throw new SourceError(`${name} ended with ${code}${said === '' ? '' : `: ${said}`}`);
  } catch (cause) {
    child.kill('SIGKILL');
    if (cause instanceof SourceError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new SourceError(`${name}: git is not installed: apt-get install git`, { cause });
    throw new SourceError(`${name}: ${(cause as Error).message}`, { cause });
  }
}

async function bounded(stream: Readable, maxBytes: number): Promise<Buffer> {
  const bytes = await wholeBytes(stream, maxBytes);
  if (bytes === undefined) throw new SourceError(`more than ${maxBytes} bytes (fetch.max_bytes)`);
  return bytes;
}
