/** Connection to ClickHouse. The official client does the work; here are our settings and errors. */
import { createClient, type ClickHouseClient as OfficialClient } from '@clickhouse/client';
import { checkAnswer } from './answer.ts';
import { openReads, type Reads } from './reads.ts';

export interface ClickHouseClient extends OfficialClient {
  /** Queries that somebody waits for. */
  readonly reads: Reads;
}

export interface ClickHouseOptions {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly requestTimeoutMs: number;
  /** Named in ClickHouse's query log: the program. */
  readonly application: string;
  readonly maxConnections?: number;
}

const SETTINGS = {
  date_time_output_format: 'iso',
  // Servers differ in their default; counts are plain numbers for us.
  output_format_json_quote_64bit_integers: 0,
  // A query that is answered from one says so (core/sql/projections.ts).
  optimize_use_projections: 0,
} as const;

/** What a cluster of several shards is told beside (docs/scaling.md); one server has nothing to do with it. */
const CLUSTER_SETTINGS = {
  // A row is written when its shard has it, and not when it is in a queue on the way to it.
  distributed_foreground_insert: 1,
  // What was written is asked for where it was written, not from a replica that does not have it yet.
  load_balancing: 'in_order',
} as const;

/** Every answer is checked to be one: calls throw ForeignAnswer where it is not the server's. */
export function openClickHouse(options: ClickHouseOptions): ClickHouseClient {
  const maxConnections = options.maxConnections ?? 10;
  const client = createClient({
    url: options.url,
    database: options.database,
    username: options.username,
    password: options.password,
    application: options.application,
    request_timeout: options.requestTimeoutMs,
    max_open_connections: maxConnections,
    // Inserts of a busy hour compress five to one.
    compression: { request: true, response: false },
    keep_alive: { enabled: true },
    clickhouse_settings: { ...SETTINGS, ...CLUSTER_SETTINGS },
    // Every error reaches the caller and is logged there, once.
    log: { level: 127 },
  });
  const { close } = client;
  const reads = openReads({ ...options, maxConnections, settings: SETTINGS });
  return Object.assign(withCheckedAnswers(client), {
    reads,
    close: async () => {
      reads.close();
      await close.call(client);
    },
  });
}

/** Here and not in each caller, none of which can forget it. */
function withCheckedAnswers(client: OfficialClient): OfficialClient {
  const { query, exec, command, insert } = client;
  const checked = {
    async query(params: Parameters<typeof query>[0]) {
      const result = await query.call(client, params);
      try {
        checkAnswer(result);
      } catch (error) {
        result.close();
        throw error;
      }
      return result;
    },
    async exec(params: Parameters<typeof exec>[0]) {
      const result = await exec.call(client, params);
      try {
        checkAnswer(result);
      } catch (error) {
        result.stream.destroy();
        throw error;
      }
      return result;
    },
    async command(params: Parameters<typeof command>[0]) {
      const result = await command.call(client, params);
      checkAnswer(result);
      return result;
    },
    async insert(params: Parameters<typeof insert>[0]) {
      const result = await insert.call(client, params);
      // Nothing to insert, nothing asked.
      if (result.executed) checkAnswer(result);
      return result;
    },
  };
  return Object.assign(client, checked);
}
