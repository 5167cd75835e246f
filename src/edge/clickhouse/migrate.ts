/**
 * Creates and upgrades the tables: numbered migrations, each recorded in `ooni_migrations`.
 *
 * Safe to run twice and from two hosts at once: every statement is idempotent (IF NOT EXISTS and the
 * like), so the worst that two at once can do is the same thing twice.
 */
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { type EngineOptions, MIGRATIONS, onCluster, tableEngine } from '../../core/sql/migrations/index.ts';

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
  engine: EngineOptions = {},
): Promise<MigrateResult> {
  const run = (query: string) => client.command({ query });
  await run(`CREATE DATABASE IF NOT EXISTS ${database}${onCluster(engine)}`);
  await run(
    `CREATE TABLE IF NOT EXISTS ${database}.ooni_migrations${onCluster(engine)} (
      number UInt32, name String, applied_at DateTime DEFAULT now()
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'applied_at', engine)} ORDER BY number`,
  );
  const known = new Set(await appliedNumbers(client, database));
  const applied: number[] = [];
  for (const migration of MIGRATIONS) {
    if (known.has(migration.number)) continue;
    for (const statement of migration.statements(database, engine)) {
      try {
        await run(statement);
      } catch (error) {
        throw new Error(`migration ${migration.number} (${migration.name}) failed`, {
          cause: error,
        });
      }
    }
    await client.insert({
      table: `${database}.ooni_migrations`,
      values: [{ number: migration.number, name: migration.name }],
      columns: ['number', 'name'],
      format: 'JSONEachRow',
    });
    applied.push(migration.number);
  }
  return { applied, version: MIGRATIONS.at(-1)!.number };
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
    const found = await client.query({
      query:
        'SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {name:String}',
      query_params: { database, name: 'ooni_migrations' },
      format: 'JSONEachRow',
    });
    return (await found.json()).length > 0;
  } catch (error) {
    // A client that is bound to a database gets no answer at all while there is none.
    if (error instanceof ClickHouseError && error.type === 'UNKNOWN_DATABASE') return false;
    throw error;
  }
}

async function appliedNumbers(client: ClickHouseClient, database: string): Promise<number[]> {
  const result = await client.query({
    query: `SELECT DISTINCT number FROM ${database}.ooni_migrations`,
    format: 'JSONEachRow',
  });
  return (await result.json<{ number: number }>()).map(({ number }) => number);
}
