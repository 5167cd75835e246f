/**
 * A cluster of several shards, each a real ClickHouse engine with real Distributed tables between them.
 *
 * The engine of the tests has neither the threads of distributed DDL nor those of a replica (docs/design/outside-data.md).
 * So a proxy in front does what they would do: it runs what is said `ON CLUSTER` on each server, with the engines of
 * one server, and sends changes of tables that are whole on every server to all. Replicas of a shard pass nothing on by
 * themselves: `copyShard` does it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { localTable, SPREAD_TABLES } from '../../src/core/sql/shards.ts';
import { type ClickHouseServer, startClickHouse } from './clickhouse.ts';
import { freePort } from './ports.ts';

export const CLUSTER = 'shards';

export interface Shards {
  /** Where a program asks: the proxy before the first shard. */
  readonly url: string;
  /** In the order of the shards, replicas of one beside each other. */
  readonly servers: readonly ClickHouseServer[];
  /** Statements that were said `ON CLUSTER`, as they came. */
  readonly clusterStatements: readonly string[];
  stop(): Promise<void>;
}

/** `replicas`: how many each shard has. */
export async function startShards(replicas: readonly number[]): Promise<Shards> {
  const tcpPorts = await Promise.all(
    replicas.map((count) => Promise.all(Array.from({ length: count }, () => freePort()))),
  );
  const cluster = { name: CLUSTER, tcpPorts };
  const servers = await Promise.all(
    tcpPorts.flat().map((tcpPort) => startClickHouse({ tcpPort, cluster })),
  );
  const clusterStatements: string[] = [];
  const proxy = createServer((asked, answer) => {
    handle(asked, answer).catch(() => asked.socket.destroy());
  });
  const handle = async (asked: IncomingMessage, answer: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const inUrl = new URL(asked.url!, 'http://x').searchParams.get('query');
    const text = asked.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const statement = inUrl ?? text.toString();
    if (statement.includes(ON_CLUSTER)) {
      clusterStatements.push(statement);
      const { 'content-encoding': _, ...headers } = asked.headers;
      const { url, method } = asked;
      return send(servers, { url, method, headers }, Buffer.from(onOneServer(statement)), answer);
    }
    return send(isWhole(statement) ? servers : servers.slice(0, 1), asked, body, answer);
  };
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    servers,
    clusterStatements,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Gives a replica of a shard the rows that another one has. */
export async function copyShard(
  from: ClickHouseServer,
  to: ClickHouseServer,
  database: string,
): Promise<void> {
  const run = async (query: string) => {
    const given = await fetch(`${to.url}/?database=${database}`, { method: 'POST', body: query });
    const text = await given.text();
    if (!given.ok) throw new Error(text);
  };
  // The view of the first fills the last.
  for (const table of SPREAD_TABLES.map(localTable)) {
    await run(`TRUNCATE TABLE ${table}`);
    await run(
      `INSERT INTO ${table} SELECT * FROM remote('127.0.0.1:${from.tcpPort}', ${database}, ${table})`,
    );
  }
}

const ON_CLUSTER = ` ON CLUSTER '${CLUSTER}'`;

/** Without replicas; a replicated table has a window for repeated batches by itself. */
function onOneServer(statement: string): string {
  return statement
    .replace(ON_CLUSTER, '')
    .replace(/ENGINE = Replicated(\w+)\((?:'[^']*\{uuid\}[^']*', '[^']*'(?:, )?)?/, 'ENGINE = $1(')
    .replace(
      'SETTINGS index_granularity = 8192',
      'SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 10000',
    );
}

/** Does it change a table that is whole on every server? */
function isWhole(statement: string): boolean {
  const [, table] =
    /^\s*(?:INSERT INTO|TRUNCATE TABLE|ALTER TABLE) (?:\w+\.)?(\w+)/.exec(statement) ?? [];
  return table !== undefined && !SPREAD_TABLES.some((spread) => spread === table);
}

const OF_THE_CONNECTION = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);

type Asked = Pick<IncomingMessage, 'url' | 'method' | 'headers'>;

/** To each server in turn; the answer is the first that refuses, or that of the first server. */
async function send(
  servers: readonly ClickHouseServer[],
  { url, method, headers }: Asked,
  body: Buffer,
  answer: ServerResponse,
): Promise<void> {
  const answers: Response[] = [];
  for (const server of servers) {
    const passed = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
    const given = await fetch(server.url + url!, {
      method: method!,
      headers: Object.fromEntries(passed) as Record<string, string>,
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    answers.push(given);
    if (!given.ok) break;
  }
  const given = answers.at(-1)!.ok ? answers[0]! : answers.at(-1)!;
  const bytes = Buffer.from(await given.arrayBuffer());
  const {
    'content-encoding': _,
    'transfer-encoding': __,
    ...told
  } = Object.fromEntries(given.headers);
  answer.writeHead(given.status, { ...told, 'content-length': bytes.length });
  answer.end(bytes);
}
