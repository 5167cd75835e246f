/**
 * Deletions by mutation, as the user that docs/install.md makes.
 *
 * Covers src/core/sql/deletion.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { MEASUREMENT_TABLES } from '../../../src/core/sql/deletion.ts';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { deleteRows } from '../../../src/edge/clickhouse/deleteRows.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import { PROGRAM_USER, startClickHouse } from '../../support/clickhouse.ts';

const DATABASE = 'ooni_delete';
const server = await startClickHouse({ otherUsers: { former: ['GRANT ALL ON ooni*.*'] } });
const open = (username: string, database = DATABASE) => {
  const client = openClickHouse({
    url: server.url,
    database,
    username,
    password: '',
    requestTimeoutMs: 30_000,
    application: 'test',
  });
  t.teardown(() => client.close());
  return client;
};
t.teardown(() => server.stop());
await migrate(open(PROGRAM_USER, 'default'), DATABASE);
const client = open(PROGRAM_USER);
const admin = open('default');

const uidOf = (serial: number) =>
  `20261124101503.00000${serial}_IT_webconnectivity_0f3c9b7a5d2e4418`;
const insert = (table: string, uids: readonly string[]) =>
  admin.insert({
    table,
    values: uids.map((uid) => ({ measurement_uid: uid, uid, report_id: 'r', input: 'i' })),
    clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    format: 'JSONEachRow',
  });
const ask = async <Row>(query: string): Promise<Row[]> =>
  (await admin.query({ query, format: 'JSONEachRow' })).json<Row>();
const mutations = () =>
  ask<{ command: string; is_done: number }>(
    `SELECT command, is_done FROM system.mutations WHERE database = '${DATABASE}' AND table = 'fastpath'`,
  );
const uidsIn = async (table: string) =>
  (
    await ask<{ uid: string }>(
      `SELECT ${table === 'faulty_measurements' ? 'uid' : 'measurement_uid AS uid'} FROM ${table}`,
    )
  ).map(({ uid }) => uid);

t.test('rows go from all tables, others stay', async (t) => {
  const named = await ask<{ table: string }>(
    `SELECT DISTINCT table FROM system.columns
WHERE database = '${DATABASE}' AND name IN ('measurement_uid', 'uid') ORDER BY table`,
  );
  t.same(
    [...MEASUREMENT_TABLES].sort(),
    named.map(({ table }) => table),
    'each that has a uid',
  );
  for (const table of MEASUREMENT_TABLES) await insert(table, [uidOf(1), uidOf(2)]);
  t.equal(await deleteRows(client, [uidOf(1)]), MEASUREMENT_TABLES.length);
  for (const table of MEASUREMENT_TABLES) t.same(await uidsIn(table), [uidOf(2)], table);
  t.equal(await deleteRows(client, [uidOf(1)]), 0, 'again: there are none');
});

t.test('a deletion under way is waited for, and its progress told', async (t) => {
  await insert('fastpath', [uidOf(3), uidOf(4)]);
  const before = (await mutations()).length;
  // As on a table that is large: the mutation is queued, and takes its time.
  await admin.command({ query: `SYSTEM STOP MERGES ${DATABASE}.fastpath` });
  const said: { table: string; partsLeft: number }[] = [];
  const first = deleteRows(client, [uidOf(3), uidOf(4)], (progress) => said.push(progress));
  while ((await mutations()).length === before) await sleep(20);
  // The next try, of one that was stopped: for one of its measurements, of which a row came in since.
  await insert('fastpath', [uidOf(3)]);
  const second = deleteRows(open(PROGRAM_USER), [uidOf(3)]);
  while (said.length === 0) await sleep(20);
  t.equal((await mutations()).length, before + 1, 'no other one was queued');
  t.match(said[0], { table: 'fastpath' });
  t.ok(said[0]!.partsLeft >= 1);
  await admin.command({ query: `SYSTEM START MERGES ${DATABASE}.fastpath` });
  await Promise.all([first, second]);
  t.same(await uidsIn('fastpath'), [uidOf(2)], 'what came in later is gone too');
});

t.test('who may not see mutations begins none', async (t) => {
  await insert('fastpath', [uidOf(5)]);
  const before = (await mutations()).length;
  await t.rejects(deleteRows(open('former'), [uidOf(5)]), /system\.mutations/);
  t.equal((await mutations()).length, before);
});
