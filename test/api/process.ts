/** ooni-api as a process, from its source, with a state folder and ports of its own. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle } from '../support/bundle.ts';
import { PROGRAM_USER } from '../support/clickhouse.ts';
import { freePort } from '../support/ports.ts';

export const PROGRAM = bundle(new URL('../../src/api/main.ts', import.meta.url));

type Teardown = { teardown(step: () => unknown): unknown };

export interface Started {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** Exit code, or the name of the signal that ended it, when all that it wrote is in `output`. */
  readonly ended: Promise<number | string | null>;
}

/** Starts a command and collects what it writes; what still runs at the end of the test is killed. */
export function start(
  t: Teardown,
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly fds?: readonly number[] } = {},
): Started {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(options.fds ?? [])];
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...options.env }, stdio });
  const output = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  return { child, output, ended };
}

export interface ApiSetup {
  readonly dir: string;
  readonly file: string;
  readonly url: string;
  readonly metricsUrl: string;
  readonly spoolDir: string;
}

export async function setUp(t: Teardown, extra = '', clickhouseUrl?: string): Promise<ApiSetup> {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-api-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const port = await freePort();
  const metricsPort = await freePort();
  const file = join(dir, 'api.toml');
  const spoolDir = join(dir, 'spool');
  writeFileSync(
    file,
    `collector_id = "1"
base_url = "https://api.example.org"
listen = "127.0.0.1:${port}"
metrics_listen = "127.0.0.1:${metricsPort}"
spool_dir = "${spoolDir}"
fastpath_socket = "${dir}/s"
cache_dir = "${dir}/cache"
sources_dir = "${dir}/sources"
state_dir = "${dir}/state"
workers = 2
${extra}
[clickhouse]
username = "${PROGRAM_USER}"
url = "${clickhouseUrl ?? `http://127.0.0.1:${await freePort()}`}"
[s3]
bucket = "file://${dir}/archive"
`,
  );
  const url = `http://127.0.0.1:${port}`;
  return { dir, file, url, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, spoolDir };
}

/** The whole program, when it says that it has started. */
export async function startApi(t: Teardown, setup: ApiSetup): Promise<Started> {
  const started = start(t, process.execPath, [PROGRAM, '--config', setup.file]);
  await says(started, 'ooni-api started');
  return started;
}

/** Waits for a text in what it logs; fails when it ends before. */
export async function says({ child, output }: Started, text: string): Promise<void> {
  while (!output.stderr.includes(text)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`ended without saying "${text}": ${output.stderr}`);
    await sleep(10);
  }
}

/** Processes that a process has started. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that ended and was not waited for yet still has its number.
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
