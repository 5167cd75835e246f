/** How the host is looked at: commands, files and addresses, each within a bound, none of which throws. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What a command has said. `code` is undefined when it is not there, or took too long. */
export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly errors: string;
}

export type Read =
  | { readonly kind: 'read'; readonly text: string; readonly stats: Stats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'denied'; readonly why: string };

export type Got =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | { readonly kind: 'nothing'; readonly why: string };

const COMMAND_MS = 20_000;
const ANSWER_MS = 10_000;
const OUTPUT_BYTES = 8 * 1_024 * 1_024;
/** Of a program in /usr/sbin, members of the group have no path. */
const PATH = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;

export function run(command: string, ...words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = {
      timeout: COMMAND_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: OUTPUT_BYTES,
      env: { ...process.env, PATH, LC_ALL: 'C.UTF-8' },
    };
    execFile(command, words, options, (error, out, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ code, out, errors });
    }).stdin?.end();
  });
}

export function readIfThere(file: string): Read {
  try {
    const stats = statSync(file);
    return { kind: 'read', text: stats.isFile() ? readFileSync(file, 'utf8') : '', stats };
  } catch (error) {
    return absent(error);
  }
}

export type Stat =
  | { readonly kind: 'there'; readonly stats: Stats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'denied'; readonly why: string };

export function look(file: string): Stat {
  try {
    return { kind: 'there', stats: statSync(file) };
  } catch (error) {
    return absent(error);
  }
}

/** Names in a folder; none when it is not there, undefined when it may not be read. */
export function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    return absent(error).kind === 'missing' ? [] : undefined;
  }
}

/** A path without symbolic links, as far as it is there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

function absent(error: unknown): { kind: 'missing' } | { kind: 'denied'; why: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? { kind: 'missing' }
    : { kind: 'denied', why: code ?? message };
}

export async function get(url: string, init: RequestInit = {}): Promise<Got> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { kind: 'answer', status: response.status, text: await response.text() };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    return { kind: 'nothing', why: cause?.code ?? (cause?.message || message) };
  }
}
