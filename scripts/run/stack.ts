/**
 * The whole backend on loopback: embedded ClickHouse, an S3 server, and the three programs as they
 * are shipped, with a throw-away state folder. Used by `make run` and by the tests of the whole path.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { type ClickHouseServer, startClickHouse } from '../../test/support/clickhouse.ts';
import { freePort } from '../../test/support/ports.ts';
import { type S3Server, startS3 } from '../../test/support/s3.ts';

export const BUCKET = 'ooni-archive';

/** Outside data that was made here, so that `make run` needs no network. */
const SOURCE_FOLDER = fileURLToPath(new URL('sources/', import.meta.url));
const SOURCES = `
[fetch]
fingerprints = ["${SOURCE_FOLDER}"]
test_lists = ["${SOURCE_FOLDER}"]
as_names = ["${SOURCE_FOLDER}"]
fingerprints_least_rows = 1
test_lists_least_rows = 1
as_names_least_rows = 1
`;

export interface Program {
  readonly process: ChildProcess;
  /** Sends the signal and resolves with the exit code when the program has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Stack {
  readonly apiUrl: string;
  readonly metricsUrls: { readonly api: string; readonly fastpath: string };
  /** The operators' page. */
  readonly statusUrl: string;
  readonly stateDir: string;
  readonly spoolDir: string;
  readonly clickhouse: ClickHouseServer;
  readonly s3: S3Server;
  startApi(): Promise<Program>;
  startFastpath(): Promise<Program>;
  /** Runs the uploader with arguments; resolves with its exit code. */
  runUploader(...args: string[]): Promise<number | null>;
  /** Starts the uploader without waiting for it. */
  spawnUploader(...args: string[]): ChildProcess;
  query<Row>(sql: string): Promise<Row[]>;
  insert(table: string, rows: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly stateDir: string;
  readonly apiPort?: number;
  /** Where others find the api, if not on its port. */
  readonly baseUrl?: string;
  /** Lines added to fastpath.toml, and so on. */
  readonly fastpathToml?: string;
  readonly apiToml?: string;
  readonly uploaderToml?: string;
  /** Standard error of the programs: `inherit`, or a file each in the state folder. */
  readonly logs: 'inherit' | 'files';
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir } = options;
  const spoolDir = join(stateDir, 'spool');
  const etc = join(stateDir, 'etc');
  for (const folder of [etc, join(stateDir, 'sources'), join(stateDir, 'metrics')])
    mkdirSync(folder, { recursive: true });
  const [clickhouse, s3] = await Promise.all([
    startClickHouse({ dataDir: join(stateDir, 'clickhouse') }),
    startS3({ dataDir: join(stateDir, 's3') }),
  ]);
  await s3.createBucket(BUCKET);

  const connect = (database: string) =>
    openClickHouse({
      url: clickhouse.url,
      database,
      username: 'default',
      password: '',
      requestTimeoutMs: 30_000,
      application: 'ooni-run',
    });
  const admin = connect('default');
  await migrate(admin, 'ooni');
  await admin.close();
  const client = connect('ooni');

  const apiPort = options.apiPort ?? (await freePort());
  const apiMetrics = `127.0.0.1:${await freePort()}`;
  const fastpathMetrics = `127.0.0.1:${await freePort()}`;
  // The path of a socket must be short; the state folder's may be long.
  const socketDir = mkdtempSync(join(tmpdir(), 'ooni-run-'));
  const socket = join(socketDir, 'fastpath.sock');
  writeFileSync(
    join(etc, 's3-credentials'),
    `access_key_id=${s3.credentials.accessKeyId}\nsecret_access_key=${s3.credentials.secretAccessKey}\n`,
  );
  const sections = `
[clickhouse]
url = "${clickhouse.url}"

[s3]
bucket = "${BUCKET}"
endpoint = "${s3.endpoint}"
region = "${s3.region}"
path_style = true
credentials_file = "${join(etc, 's3-credentials')}"
`;
  const config = {
    api: `collector_id = "1"
listen = "127.0.0.1:${apiPort}"
base_url = "${options.baseUrl ?? `http://127.0.0.1:${apiPort}`}"
spool_dir = "${spoolDir}"
fastpath_socket = "${socket}"
metrics_listen = "${apiMetrics}"
cache_dir = "${join(stateDir, 'cache')}"
sources_dir = "${join(stateDir, 'sources')}"
state_dir = "${join(stateDir, 'api')}"
${options.apiToml ?? ''}${sections}${SOURCES}metrics_dir = "${join(stateDir, 'metrics')}"
`,
    fastpath: `spool_dir = "${spoolDir}"
socket = "${socket}"
metrics_listen = "${fastpathMetrics}"
${options.fastpathToml ?? ''}${sections}`,
    uploader: `collector_id = "1"
spool_dir = "${spoolDir}"
state_dir = "${join(stateDir, 'uploader')}"
metrics_textfile = "${join(stateDir, 'metrics', 'ooni-uploader.prom')}"
${options.uploaderToml ?? ''}${sections}`,
  };
  for (const [name, text] of Object.entries(config)) writeFileSync(join(etc, `${name}.toml`), text);

  const running = new Set<ChildProcess>();
  const spawnProgram = (name: keyof typeof config, args: readonly string[]) => {
    const stderr =
      options.logs === 'inherit' ? 'inherit' : openSync(join(stateDir, `${name}.log`), 'a');
    const child = spawn(
      process.execPath,
      [`dist/ooni-${name}.js`, ...args, '--config', join(etc, `${name}.toml`)],
      { stdio: ['ignore', options.logs === 'inherit' ? 'inherit' : stderr, stderr] },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
      else child.once('exit', (code) => resolve(code));
    });
  const start = async (name: 'api' | 'fastpath', readyUrl: string): Promise<Program> => {
    const child = spawnProgram(name, []);
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`ooni-${name} ended at start with code ${child.exitCode}`);
      try {
        if ((await fetch(readyUrl, { signal: AbortSignal.timeout(1_000) })).ok) break;
      } catch {
        // Not listening yet.
      }
      await sleep(50);
    }
    return {
      process: child,
      stop(signal = 'SIGTERM') {
        child.kill(signal);
        return ended(child);
      },
    };
  };

  // As on a new host: what others publish is fetched before anything is scored. Here it is this folder's.
  const fetched = await ended(
    spawnProgram('api', ['fetch', 'fingerprints', 'test-lists', 'as-names']),
  );
  if (fetched !== 0) throw new Error(`ooni-api fetch ended with ${fetched}`);

  const apiUrl = `http://127.0.0.1:${apiPort}`;
  return {
    apiUrl,
    metricsUrls: {
      api: `http://${apiMetrics}/metrics`,
      fastpath: `http://${fastpathMetrics}/metrics`,
    },
    statusUrl: `http://${apiMetrics}/status`,
    stateDir,
    spoolDir,
    clickhouse,
    s3,
    startApi: () => start('api', `${apiUrl}/version`),
    startFastpath: () => start('fastpath', `http://${fastpathMetrics}/metrics`),
    runUploader: (...args) => ended(spawnProgram('uploader', args)),
    spawnUploader: (...args) => spawnProgram('uploader', args),
    query: async <Row>(sql: string) =>
      (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>(),
    async insert(table, rows) {
      await client.insert({ table, values: rows, format: 'JSONEachRow' });
    },
    async stop() {
      await Promise.all(
        [...running].map((child) => {
          child.kill('SIGTERM');
          return ended(child);
        }),
      );
      await client.close();
      await Promise.all([clickhouse.stop(), s3.stop()]);
      rmSync(socketDir, { recursive: true });
    },
  };
}
