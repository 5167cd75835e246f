/**
 * Creates and upgrades the tables: numbered migrations, each recorded in `ooni_migrations`.
 *
 * Safe to run twice and from two hosts at once: every statement is idempotent (IF NOT EXISTS and the
 * like), so the worst that two at once can do is the same thing twice.
 */
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import type { EngineOptions, Migration } from '../../core/sql/migrations/engine.ts';
import { MIGRATIONS } from '../../core/sql/migrations/index.ts';
import {
  appliedSql,
  hasLedgerQuery,
  LEDGER,
  ledgerStatements,
} from '../../core/sql/migrations/ledger.ts';
import type { Query } from '../../core/sql/query.ts';
import { countShardsQuery, madeEngineQuery } from '../../core/sql/shards.ts';

export interface MigrateResult {
  /** Numbers of the migrations that this run applied, in order. */
  readonly applied: readonly number[];
  /** Number of the newest migration that the database now has. */
  readonly version: number;
}

/**
 * Brings `database` up to the newest migration. `client` must not be bound to a database that does
 * not exist yet. Throws the ClickHouse error of the statement that failed, with its migration named.
 */
export async function migrate(
  client: ClickHouseClient,
  database: string,
  { cluster }: Pick<EngineOptions, 'cluster'> = {},
): Promise<MigrateResult> {
  const engine = { cluster, sharded: await isSharded(client, database, cluster) };
  const run = (query: string) => client.command({ query });
  for (const statement of ledgerStatements(database, engine)) await run(statement);
  const known = new Set(await appliedNumbers(client, database));
  const applied: number[] = [];
  for (const migration of MIGRATIONS) {
    if (known.has(migration.number)) continue;
    await runAll(client, migration, [
      ...migration.statements(database, engine),
      ...(migration.rebuild?.(database) ?? []),
    ]);
    await client.insert({
      table: `${database}.${LEDGER}`,
      values: [{ number: migration.number, name: migration.name }],
      columns: ['number', 'name'],
      format: 'JSONEachRow',
    });
    applied.push(migration.number);
  }
  return { applied, version: MIGRATIONS.at(-1)!.number };
}

/**
 * Are the tables spread over shards? What was made once stays as it is, whatever the cluster has become since. Throws
 * where it cannot be gone on with.
 */
async function isSharded(
  client: ClickHouseClient,
  database: string,
  cluster: string | undefined,
): Promise<boolean> {
  const [made] = await ask<{ engine: string }>(client, madeEngineQuery(database));
  if (made !== undefined) {
    const sharded = made.engine === 'Distributed';
    if (sharded && cluster === undefined)
      throw new Error(`the tables of ${database} are spread over shards: name their --cluster`);
    return sharded;
  }
  if (cluster === undefined) return false;
  const [{ shards }] = (await ask(client, countShardsQuery(cluster))) as [{ shards: number }];
  if (shards === 0) throw new Error(`ClickHouse has no cluster ${cluster} in its configuration`);
  return shards > 1;
}

/** Fills anew what the database keeps up to date by itself; returns the names of what was filled. */
export async function rebuild(client: ClickHouseClient, database: string): Promise<string[]> {
  const rebuilt = MIGRATIONS.filter((migration) => migration.rebuild !== undefined);
  for (const migration of rebuilt) await runAll(client, migration, migration.rebuild!(database));
  return rebuilt.map(({ name }) => name);
}

async function runAll(
  client: ClickHouseClient,
  { number, name }: Migration,
  statements: readonly string[],
): Promise<void> {
  for (const query of statements)
    try {
      await client.command({ query });
    } catch (error) {
      throw new Error(`migration ${number} (${name}) failed`, { cause: error });
    }
}

/** Migrations that the database lacks: a program refuses to start on those. Throws when unreachable. */
export async function missingMigrations(
  client: ClickHouseClient,
  database: string,
): Promise<number[]> {
  const known = new Set(
    (await hasMigrations(client, database)) ? await appliedNumbers(client, database) : [],
  );
  return MIGRATIONS.map(({ number }) => number).filter((number) => !known.has(number));
}

async function hasMigrations(client: ClickHouseClient, database: string): Promise<boolean> {
  try {
    return (await ask(client, hasLedgerQuery(database))).length > 0;
  } catch (error) {
    // A client that is bound to a database gets no answer at all while there is none.
    if (error instanceof ClickHouseError && error.type === 'UNKNOWN_DATABASE') return false;
    throw error;
  }
}

async function ask<Row>(client: ClickHouseClient, { sql, values }: Query): Promise<Row[]> {
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  return answer.json<Row>();
}

async function appliedNumbers(client: ClickHouseClient, database: string): Promise<number[]> {
  const result = await client.query({ query: appliedSql(database), format: 'JSONEachRow' });
  return (await result.json<{ number: number }>()).map(({ number }) => number);
}
