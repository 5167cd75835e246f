/**
 * Covers src/core/sql/analysisTables.ts, src/core/sql/migrations/{0001_base, 0002_archive_log,
 * 0003_asnmeta, 0004_analysis, engine, index, ledger}.ts.
 */
import t from 'tap';
import { MIGRATIONS } from '../../../src/core/sql/migrations/index.ts';
import { isRowError } from '../../../src/edge/clickhouse/clickhouseErrors.ts';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { migrate, missingMigrations } from '../../../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { connectTo } from '../../support/clickhouseClient.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const connect = (database: string) => connectTo(t, server.url, database);
const admin = connect('default');
const numbers = MIGRATIONS.map(({ number }) => number);

t.test('applies everything once, then nothing', async (t) => {
  t.strictSame(await missingMigrations(admin, 'ooni_one'), numbers);
  const bound = connect('ooni_one');
  t.strictSame(await missingMigrations(bound, 'ooni_one'), numbers, 'bound to what is not there');
  t.strictSame((await migrate(admin, 'ooni_one')).applied, numbers);
  t.strictSame((await migrate(admin, 'ooni_one')).applied, []);
  t.strictSame(await missingMigrations(admin, 'ooni_one'), []);
});

t.test('two hosts at once', async (t) => {
  await Promise.all([
    migrate(connect('default'), 'ooni_two'),
    migrate(connect('default'), 'ooni_two'),
  ]);
  t.strictSame(await missingMigrations(admin, 'ooni_two'), []);
  const tables = await (
    await admin.query({
      query: "SELECT name FROM system.tables WHERE database = 'ooni_two'",
      format: 'JSONEachRow',
    })
  ).json<{ name: string }>();
  for (const name of [
    'fastpath',
    'jsonl',
    'citizenlab',
    'fingerprints_dns',
    'fingerprints_http',
    'obs_openvpn',
  ])
    t.ok(
      tables.some((table) => table.name === name),
      name,
    );
});

t.test('a cluster gets replicated engines', async (t) => {
  const statements = MIGRATIONS.flatMap((migration) =>
    migration.statements('ooni', { cluster: 'oonidata' }),
  );
  for (const statement of statements.filter((text) => text.startsWith('CREATE TABLE'))) {
    t.match(statement, /ON CLUSTER 'oonidata'/);
    t.match(statement, /ENGINE = Replicated/);
    t.notMatch(statement, /non_replicated/);
  }
});

t.test(
  'a batch sent twice is stored once; a bad row is told from a server in trouble',
  async (t) => {
    await migrate(admin, 'ooni_rows');
    const client = connect('ooni_rows');
    const row = (uid: string, asn: unknown) =>
      JSON.stringify({
        measurement_uid: uid,
        probe_asn: asn,
        measurement_start_time: '2026-08-21 10:15:03',
        test_start_time: '2026-08-21 10:15:03',
      });
    await insertLines(client, 'fastpath', [row('a', 1), row('b', 4294967295)], 'token1');
    await insertLines(client, 'fastpath', [row('a', 1), row('b', 4294967295)], 'token1');
    const rows = await client.query({
      query: 'SELECT count() AS n FROM fastpath',
      format: 'JSONEachRow',
    });
    t.strictSame(await rows.json(), [{ n: 2 }]);
    const errorOf = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => error,
      );
    t.equal(
      isRowError(await errorOf(insertLines(client, 'fastpath', [row('c', 'x')], 'token2'))),
      true,
    );
    t.equal(
      isRowError(await errorOf(insertLines(client, 'nowhere', [row('c', 1)], 'token3'))),
      false,
    );
    await server.kill();
    t.equal(
      isRowError(await errorOf(insertLines(client, 'fastpath', [row('c', 1)], 'token4'))),
      false,
    );
  },
);
