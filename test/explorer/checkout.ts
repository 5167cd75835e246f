/**
 * Builds and starts a checkout of OONI Explorer, against a backend that runs already: some of its pages are
 * made when it is built. Its folder stays as it is; all happens in build/explorer.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { childServer } from '../support/childServer.ts';
import { freePort } from '../support/ports.ts';

const BUILD_DIR = resolve('build/explorer');
const OUTSIDE = resolve('test/explorer/outside.cjs');
/** Explorer's lock file is of this version of its package manager. */
const YARN = 'yarn@1.22.22';
const PARTS_OF_ITS_OWN = new Set(['.git', '.next', 'node_modules']);

export interface Explorer {
  readonly url: string;
  /** What its server wrote. */
  output(): string;
  stop(): Promise<void>;
}

const BUILT_FOR = join(BUILD_DIR, 'built-for');

/** The api that the last build was made for, when it is to be used again: its address is part of what is built. */
export function apiOfLastBuild(): URL | undefined {
  return existsSync(BUILT_FOR) ? new URL(readFileSync(BUILT_FOR, 'utf8')) : undefined;
}

/** Undefined where the folder is a checkout of Explorer; else what is wrong with it. */
export function faultOfCheckout(folder: string | undefined): string | undefined {
  if (folder === undefined || folder === '')
    return 'say where a checkout of OONI Explorer is: make test-explorer EXPLORER=/path/to/explorer';
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return `EXPLORER=${folder}: there is no package.json`;
  const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
  return name === 'ooni-explorer'
    ? undefined
    : `EXPLORER=${folder}: package.json is that of ${name}, not of ooni-explorer`;
}

/** `apiUrl` is built in as both of Explorer's base URLs, `siteUrl` as where it is found itself. */
export async function buildExplorer(
  folder: string,
  urls: { readonly apiUrl: string; readonly siteUrl: string },
  say: (text: string) => void,
): Promise<Explorer> {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_PUBLIC_OONI_API: urls.apiUrl,
    NEXT_PUBLIC_USER_FEEDBACK_API: urls.apiUrl,
    NEXT_PUBLIC_EXPLORER_URL: urls.siteUrl,
    // Nothing of this is for those who look after the real one.
    NEXT_PUBLIC_SENTRY_DSN: '',
    NODE_OPTIONS: `--require=${OUTSIDE}`,
  };
  if (apiOfLastBuild()?.origin !== urls.apiUrl) await build(folder, urls.apiUrl, env, say);

  const port = await freePort();
  const logFile = join(BUILD_DIR, 'server.log');
  rmSync(logFile, { force: true });
  const server = childServer({
    name: 'Explorer',
    url: `http://127.0.0.1:${port}/404`,
    logFile,
    spawn() {
      const log = openSync(logFile, 'a');
      return spawn(
        process.execPath,
        ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)],
        { cwd: BUILD_DIR, env, stdio: ['ignore', log, log] },
      );
    },
  });
  await server.start();
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => readFileSync(logFile, 'utf8'),
    stop: () => server.kill(),
  };
}

async function build(
  folder: string,
  apiUrl: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<void> {
  copySources(folder);
  say('installing what Explorer needs …');
  await run(
    'npx',
    ['--yes', YARN, 'install', '--ignore-scripts', '--non-interactive', '--frozen-lockfile'],
    {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
    },
  );
  say('building Explorer …');
  await run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], env);
  writeFileSync(BUILT_FOR, apiUrl);
}

/** Its dependencies stay from the run before: its package manager looks whether they are the right ones. */
function copySources(folder: string): void {
  mkdirSync(BUILD_DIR, { recursive: true });
  for (const name of readdirSync(BUILD_DIR))
    if (name !== 'node_modules') rmSync(join(BUILD_DIR, name), { recursive: true });
  for (const name of readdirSync(folder))
    if (!PARTS_OF_ITS_OWN.has(name))
      cpSync(join(folder, name), join(BUILD_DIR, name), { recursive: true });
  // Its packages come from the registry that npm is set to, whatever host its lock file names.
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' })
    .trim()
    .replace(/\/$/, '');
  const lockFile = join(BUILD_DIR, 'yarn.lock');
  const lock = readFileSync(lockFile, 'utf8');
  writeFileSync(lockFile, lock.replaceAll(/^( {2}resolved ")https:\/\/[^/]+/gm, `$1${registry}`));
  // A font of another host's: without it the build would stop where that host is not reached.
  const font = ['lib/firaSans.ts', 'lib/firaSans.js']
    .map((file) => join(BUILD_DIR, file))
    .find(existsSync);
  if (font !== undefined) writeFileSync(font, "export const firaSans = { className: '' };\n");
}

/** What it writes is shown when it fails. */
async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child: ChildProcess = spawn(command, args, {
    cwd: BUILD_DIR,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString('utf8');
  };
  child.stdout!.on('data', collect);
  child.stderr!.on('data', collect);
  const code = await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', done);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
}
