/**
 * A real ClickHouse server on loopback: the engine of the development package libchdb, started by
 * launcher.c (which is compiled once). Also the embedded database of `make run`.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childServer } from './childServer.ts';
import { freePort } from './ports.ts';

export interface ClickHouseServer {
  readonly url: string;
  readonly httpPort: number;
  readonly tcpPort: number;
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

/**
 * The user that the programs are for the server: its rights are those that docs/install.md gives it, no
 * others, on every database whose name begins with `ooni`. It has no password. (`default` may do all.)
 */
export const PROGRAM_USER = 'ooni';

const ON_CLUSTER = "ON CLUSTER 'NAME' ";

/** The grants of docs/install.md, without the user they are for. */
function documentedGrants(isCluster: boolean): string[] {
  const text = readFileSync(join(root, 'docs/install.md'), 'utf8');
  const grants = [...text.matchAll(/^clickhouse-client --query "(GRANT .*) TO ooni"$/gm)]
    .map(([, grant]) => grant!)
    .filter((grant) => isCluster || !grant.includes(ON_CLUSTER));
  if (grants.length === 0) throw new Error('docs/install.md has no GRANT for the user ooni');
  return grants.map((grant) => grant.replace(ON_CLUSTER, '').replace('ON ooni.*', 'ON ooni*.*'));
}

export interface Cluster {
  readonly name: string;
  /** Of its servers on loopback: for each shard those of its replicas. */
  readonly tcpPorts: readonly (readonly number[])[];
}

/** The secret lets a query go on to other shards as the user that asked. */
const clusterConfig = ({ name, tcpPorts }: Cluster) =>
  `<remote_servers><${name}><secret>of the tests</secret>${tcpPorts
    .map(
      (ports) =>
        `<shard><internal_replication>true</internal_replication>${replicas(ports)}</shard>`,
    )
    .join('')}</${name}></remote_servers>`;
const replicas = (tcpPorts: readonly number[]) =>
  tcpPorts.map((port) => `<replica><host>127.0.0.1</host><port>${port}</port></replica>`).join('');

/**
 * The engine takes users from a file only; so SQL does not make them here as on an operator's server. It may end itself,
 * with SIGABRT, when another server leaves its connection for one to a faster replica (hedged requests).
 */
const serverConfig = (configFile: string, users: Users, more: string) => `<clickhouse>
  ${more}
  <profiles><default><use_hedged_requests>0</use_hedged_requests></default></profiles>
  <quotas><default></default></quotas>
  <users>
    <default>${USER}<access_management>1</access_management></default>
${Object.entries(users)
  .map(
    ([name, grants]) =>
      `    <${name}>${USER}<grants>${grants.map((grant) => `<query>${grant}</query>`).join('')}</grants></${name}>\n`,
  )
  .join('')}  </users>
  <user_directories><users_xml><path>${configFile}</path></users_xml></user_directories>
</clickhouse>
`;
/** Grants by user. */
type Users = Readonly<Record<string, readonly string[]>>;
/**
 * Replicated tables can then be made, exchanged and dropped. They stay read-only, and ON CLUSTER is refused: the engine
 * has neither the threads of a replica nor those of distributed DDL.
 */
const KEEPER =
  '<zookeeper><implementation>testkeeper</implementation></zookeeper><macros><shard>1</shard><replica>r</replica></macros>';
const USER =
  '<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>';

export async function startClickHouse(
  options: {
    dataDir?: string;
    httpPort?: number;
    tcpPort?: number;
    otherUsers?: Users;
    keeper?: boolean;
    /** It is one of these servers. */
    cluster?: Cluster;
  } = {},
): Promise<ClickHouseServer> {
  const library = join(
    dirname(createRequire(import.meta.url).resolve('@chdb/lib-linux-x64-gnu/package.json')),
    'libchdb.so',
  );
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'ooni-clickhouse-'));
  mkdirSync(dataDir, { recursive: true });
  const httpPort = options.httpPort ?? (await freePort());
  const tcpPort = options.tcpPort ?? (await freePort());
  const url = `http://127.0.0.1:${httpPort}`;
  // Serves until it is killed: the query that keeps the process alive sleeps three seconds a row.
  const serve =
    'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT sleepEachRow(3) FROM numbers(1000000000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null';
  const logFile = join(dataDir, 'server.log');
  const configFile = join(dataDir, 'config.xml');
  writeFileSync(
    configFile,
    serverConfig(
      configFile,
      { [PROGRAM_USER]: documentedGrants(options.cluster !== undefined), ...options.otherUsers },
      `${options.keeper === true ? KEEPER : ''}${options.cluster === undefined ? '' : clusterConfig(options.cluster)}`,
    ),
  );
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
          `--config-file=${configFile}`,
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
    tcpPort,
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
