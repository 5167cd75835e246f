/**
 * No 200 of somebody else is taken for an answer of ClickHouse: neither for rows nor for no rows.
 *
 * Covers src/edge/clickhouse/{clickhouseClient, clickhouseErrors, insert, jsonlTable}.ts,
 * src/core/sql/{fingerprintTables, insert, jsonlTable}.ts.
 */
import t from 'tap';
import { makeMetrics } from '../../../src/api/apiMetrics.ts';
import { openDatabase } from '../../../src/api/database.ts';
import { ForeignAnswer } from '../../../src/edge/clickhouse/answer.ts';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { readFingerprintTables } from '../../../src/edge/clickhouse/fingerprintTables.ts';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { countRows } from '../../../src/edge/clickhouse/jsonlTable.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import { clickHouseRowStore } from '../../../src/fastpath/rowStore.ts';
import { PROGRAM_USER, startClickHouse } from '../../support/clickhouse.ts';
import { startTamperingProxy, type Tamper } from '../../support/clickhouseProxy.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const open = (url: string, database: string) =>
  openClickHouse({
    url,
    database,
    username: PROGRAM_USER,
    password: '',
    requestTimeoutMs: 10_000,
    application: 'test',
  });
const direct = open(server.url, 'ooni_answers');
const admin = open(server.url, 'default');
await migrate(admin, 'ooni_answers');
t.teardown(async () => {
  await direct.close();
  await admin.close();
});

const line = (uid: string) => JSON.stringify({ report_id: 'r', input: uid, measurement_uid: uid });
const stored = async () => {
  const answer = await direct.query({
    query: 'SELECT count() AS n FROM jsonl',
    format: 'JSONEachRow',
  });
  return (await answer.json<{ n: number }>())[0]!.n;
};

t.test('what comes through unchanged is an answer', async (t) => {
  const proxy = await startTamperingProxy(t, server.url);
  const client = open(proxy.url, 'ooni_answers');
  t.teardown(() => client.close());
  await insertLines(client, 'jsonl', [line('a'), line("b'\\\0")], 'token');
  // Dropped by the server, for it has them: that is an answer too.
  await insertLines(client, 'jsonl', [line('a'), line("b'\\\0")], 'token');
  t.equal(await stored(), 2);
  const keys = ['a', "b'\\\0", 'c'].map((uid) => ({
    reportId: 'r',
    input: uid,
    measurementUid: uid,
  }));
  t.equal(await countRows(client, '', keys), 2, 'whatever the texts hold');
  await client.command({ query: 'ALTER TABLE jsonl DELETE WHERE 0' });
  t.equal(await clickHouseRowStore(client).answers(new AbortController().signal), true);
});

t.test('values reach the server as they are, however long they are', async (t) => {
  const database = openDatabase({
    client: direct,
    limits: { timeoutMs: 60_000, memoryBytes: 0, rows: 0 },
    metrics: makeMetrics(),
  });
  const odd = 'it\'s \\ a "quote"\t\r\n%20+&é\u0000\u{1f600}\\N[]';
  for (const text of [odd, odd.repeat(2_000)]) {
    const values = {
      text,
      list: [text.slice(0, 999), '', odd],
      numbers: [0, 4_294_967_295],
      n: -7,
    };
    const sql = `SELECT {text:String} AS text, {list:Array(String)} AS list, {numbers:Array(UInt32)} AS numbers, {n:Int64} AS n`;
    t.strictSame(await database.rows({ sql, values }), [values]);
    const batches = [];
    for await (const batch of database.batches({ sql, values })) batches.push(...batch);
    t.strictSame(batches, [values], 'as they come');
  }
});

for (const tamper of ['page', 'empty', 'stale'] satisfies Tamper[])
  t.test(`an answer of somebody else (${tamper}) is none to anybody`, async (t) => {
    const proxy = await startTamperingProxy(t, server.url);
    const client = open(proxy.url, 'ooni_answers');
    t.teardown(() => client.close());
    proxy.tamper = tamper;
    const isRefused = (work: Promise<unknown>, what: string) =>
      t.rejects(work, { name: 'ForeignAnswer', message: /not ClickHouse's/ }, what);
    await isRefused(insertLines(client, 'jsonl', [line(tamper)], tamper), 'insert of lines');
    await isRefused(
      client.insert({ table: 'jsonl', values: [{ report_id: 'x' }], format: 'JSONEachRow' }),
      'insert',
    );
    await isRefused(client.command({ query: 'ALTER TABLE jsonl DELETE WHERE 0' }), 'command');
    await isRefused(client.query({ query: 'SELECT 1', format: 'JSONEachRow' }), 'query');
    await isRefused(readFingerprintTables(client), 'fingerprints');
    await isRefused(
      countRows(client, '', [{ reportId: 'r', input: 'a', measurementUid: 'a' }]),
      'rows',
    );
    t.equal(await clickHouseRowStore(client).answers(new AbortController().signal), false);

    const database = openDatabase({
      client,
      limits: { timeoutMs: 60_000, memoryBytes: 0, rows: 0 },
      metrics: makeMetrics(),
    });
    await t.rejects(
      database.rows({ sql: 'SELECT 1', values: {} }),
      { name: 'QueryError', reason: 'error', cause: { name: 'ForeignAnswer' } },
      'a read of the api',
    );
  });

for (const tamper of ['fewer', 'mute'] satisfies Tamper[])
  t.test(`an INSERT that does not say that it wrote the rows (${tamper})`, async (t) => {
    const proxy = await startTamperingProxy(t, server.url);
    const client = open(proxy.url, 'ooni_answers');
    t.teardown(() => client.close());
    proxy.tamper = tamper;
    await t.rejects(insertLines(client, 'jsonl', [line(tamper)], tamper), ForeignAnswer);
    proxy.tamper = 'pass';
    const before = await stored();
    await insertLines(client, 'jsonl', [line(tamper)], tamper);
    t.equal(await stored(), before, 'what was stored all the same is not stored twice');
  });

for (const tamper of ['failed', 'cut'] satisfies Tamper[])
  t.test(`an INSERT that fails behind a 200 (${tamper})`, async (t) => {
    const proxy = await startTamperingProxy(t, server.url);
    const client = open(proxy.url, 'ooni_answers');
    t.teardown(() => client.close());
    proxy.tamper = tamper;
    await t.rejects(insertLines(client, 'jsonl', [line(tamper)], tamper));
    proxy.tamper = 'pass';
    const before = await stored();
    await insertLines(client, 'jsonl', [line(tamper)], tamper);
    t.equal(await stored(), before, 'what was stored all the same is not stored twice');
  });

t.test('rows that a profile would leave out silently are refused', async (t) => {
  const client = open(server.url, 'ooni_answers');
  t.teardown(() => client.close());
  const lenient = Object.assign(Object.create(client), {
    exec: (params: Parameters<typeof client.exec>[0]) =>
      client.exec({
        ...params,
        clickhouse_settings: {
          input_format_allow_errors_num: '100',
          ...params.clickhouse_settings,
        },
      }),
  }) as typeof client;
  await t.rejects(insertLines(lenient, 'jsonl', ['{"linenum":"x"}', line('z')], 'odd'), {
    code: '27',
  });
});
