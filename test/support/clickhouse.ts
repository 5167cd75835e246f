/**
 * A real ClickHouse server on loopback: the engine of the development package libchdb, started by
 * launcher.c (which is compiled once). Also the embedded database of `make run`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childServer } from './childServer.ts';
import { freePort } from './ports.ts';

export interface ClickHouseServer {
  readonly url: string;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly pid: number;
  /** Kills the server as a power cut would; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Stops the server; data that it made itself in a temporary folder goes too. */
  stop(): Promise<void>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function launcher(): string {
  const program = join(root, 'build', 'clickhouse-launcher');
  if (!existsSync(program)) {
    mkdirSync(dirname(program), { recursive: true });
    // Several test files may compile it at once: each into a name of its own, then renamed.
    const temporary = `${program}.${process.pid}`;
    execFileSync('cc', ['-O1', '-o', temporary, join(root, 'test/support/launcher.c'), '-ldl']);
    renameSync(temporary, program);
  }
  return program;
}

export async function startClickHouse(
  options: { dataDir?: string; httpPort?: number } = {},
): Promise<ClickHouseServer> {
  const library = join(
    dirname(createRequire(import.meta.url).resolve('@chdb/lib-linux-x64-gnu/package.json')),
    'libchdb.so',
  );
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'ooni-clickhouse-'));
  mkdirSync(dataDir, { recursive: true });
  const httpPort = options.httpPort ?? (await freePort());
  const tcpPort = await freePort();
  const url = `http://127.0.0.1:${httpPort}`;
  // Serves until it is killed: the query that keeps the process alive sleeps three seconds a row.
  const serve =
    'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT sleepEachRow(3) FROM numbers(1000000000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null';
  const logFile = join(dataDir, 'server.log');
  const server = childServer({
    name: 'the ClickHouse engine',
    url: `${url}/ping`,
    logFile,
    spawn: () => {
      const log = openSync(logFile, 'a');
      return spawn(
        launcher(),
        [
          library,
          `--path=${dataDir}`,
          `--http_port=${httpPort}`,
          `--tcp_port=${tcpPort}`,
          '--listen_host=127.0.0.1',
          `--query=${serve}`,
        ],
        { stdio: ['ignore', log, log] },
      );
    },
  });
  await server.start();
  return {
    url,
    httpPort,
    dataDir,
    get pid() {
      return server.pid;
    },
    kill: server.kill,
    start: server.start,
    async stop() {
      await server.kill();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
