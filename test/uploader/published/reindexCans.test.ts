/**
 * The rows of the archive made again, when ClickHouse was lost.
 *
 * Covers src/core/archive/gzipMembers.ts, src/uploader/commands/reindex.ts,
 * src/uploader/published/{canLines, insertRows, loggedObjects, publishedIndex}.ts.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { readObject } from '../../../src/edge/objects/readObject.ts';
import { makeLog } from '../../../src/log/log.ts';
import { reindexCommand } from '../../../src/uploader/commands/reindex.ts';
import { removeCommand } from '../../../src/uploader/commands/remove.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { fillSpool, type Host, makeHost, sampleContent } from '../fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

const DAY_US = 86_400_000_000;
const NEXT_DAY_US = Date.UTC(2026, 7, 21, 10) * 1000 + DAY_US;
const samples = (count: number, from = 0, bytes = 400) =>
  Array.from({ length: count }, (_, at) => sampleContent(from + at, bytes));

let calls = 0;
async function reindex(
  host: Host,
  range: { readonly from?: string; readonly to?: string; readonly collectorId?: string } = {},
) {
  const said: string[] = [];
  const log = makeLog({ level: 'info', journald: false, write: (line) => said.push(line) });
  const failure = await reindexCommand({
    config: host.config,
    configFile: host.configFile,
    log,
    now: () => Date.UTC(2026, 10, 24) + calls++,
    collectorId: '1',
    print: (line) => said.push(line),
    ...range,
  }).then(
    () => undefined,
    (error) => error,
  );
  return { said: said.join('\n'), failure };
}

async function rowsOf(host: Host) {
  const rows = async (table: string) => {
    const answer = await host.clickhouse.query({
      query: `SELECT * FROM ${table} FINAL ORDER BY ALL`,
      format: 'JSONEachRow',
    });
    return answer.json();
  };
  return { jsonl: await rows('jsonl'), log: await rows('archive_log') };
}

async function loseClickHouse(host: Host) {
  for (const table of ['jsonl', 'archive_log'])
    await host.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
}

for (const kind of stores.kinds)
  t.test(`from ${kind.kind}`, async (t) => {
    const host = await makeHost(t.testdir(), kind, clickhouse.url, {
      canMaxBytes: 150_000,
      memberBytes: 4_096,
    });
    t.teardown(() => host.close());
    t.match((await reindex(host)).failure, { message: /has no log: nothing was published/ });
    const sent = fillSpool(host, [...samples(20, 0, 30_000), 'no JSON', ...samples(20, 50, 3_000)]);
    fillSpool(host, samples(400, 1_000), { test: 'tor' });
    fillSpool(host, samples(3, 2_000), { hourUs: NEXT_DAY_US });
    await host.run();
    await removeCommand({
      config: host.config,
      configFile: host.configFile,
      log: makeLog({ level: 'err', journald: false, write: () => {} }),
      now: Date.now,
      uids: [sent[3]!.uid],
      reason: 'asked for by the sender',
      dryRun: false,
      print: () => {},
    });
    const before = await rowsOf(host);
    t.equal(before.jsonl.length, 442);
    t.ok(before.log.length > 4, `${before.log.length} objects`);

    await loseClickHouse(host);
    t.match((await reindex(host)).said, `442 rows of ${before.log.length} objects are written`);
    t.same(await rowsOf(host), before, 'all rows are there again');
    await reindex(host);
    t.same(await rowsOf(host), before, 'and once');

    await loseClickHouse(host);
    t.match(
      (await reindex(host, { from: '20260822', to: '20260822' })).said,
      '3 rows of 1 objects',
    );
    t.equal((await rowsOf(host)).jsonl.length, 3);
    t.match((await reindex(host, { to: '20260821' })).said, '439 rows of');
    t.same(await rowsOf(host), before, 'in two parts');
  });

t.test('an object that was altered is named, and the others are done', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const host = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => host.close());
  fillSpool(host, samples(5));
  fillSpool(host, samples(5), { test: 'tor' });
  await host.run();
  const key = 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.jsonl.gz';
  const text = gunzipSync((await readObject(host.store, key))!).toString();
  await host.store.putBytes(key, gzipSync(text.replace('/3', '/4')), 'application/gzip', {
    replace: true,
  });
  await loseClickHouse(host);
  const { said, failure } = await reindex(host);
  t.match(said, /no rows are written of an object.*IT_tor.*line 3 is not what was published/);
  t.match(failure, { exitCode: 69, message: /1 objects are not as they were published/ });
  t.equal((await rowsOf(host)).jsonl.length, 5);
});
