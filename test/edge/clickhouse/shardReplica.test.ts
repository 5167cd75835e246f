/**
 * A replica of a shard is killed: reading and writing go on with the other one, which has its rows.
 *
 * Covers src/core/sql/shards.ts.
 */
import t from 'tap';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import { ask, startService } from '../../api/support.ts';
import { connectTo } from '../../support/clickhouseClient.ts';
import { CLUSTER, copyShard, startShards } from '../../support/shards.ts';

const shards = await startShards([1, 2]);
t.teardown(() => shards.stop());
const [, dying, staying] = shards.servers;
await migrate(connectTo(t, shards.url, 'default'), 'ooni', { cluster: CLUSTER });
const client = connectTo(t, shards.url, 'ooni');
const { url } = await startService(t, { clickhouseUrl: shards.url });

const ROWS = 80;
const rowsOf = (batch: number) =>
  Array.from({ length: ROWS }, (_, serial) =>
    JSON.stringify({
      measurement_uid: `20261124101503.${batch}${String(serial).padStart(5, '0')}_IT_webconnectivity_0f3c9b7a5d2e4418`,
      report_id: `20261124T101502Z_webconnectivity_IT_1_n1_${batch}`,
      input: 'https://a.org/',
      probe_cc: 'IT',
      probe_asn: 1,
      test_name: 'web_connectivity',
      test_start_time: '2026-11-24 10:15:02',
      measurement_start_time: '2026-11-24 10:15:02',
      anomaly: 'f',
      confirmed: 'f',
      msm_failure: 'f',
      scores: '{}',
    }),
  );
const insert = (batch: number) => insertLines(client, 'fastpath', rowsOf(batch), `batch ${batch}`);
const found = async () => {
  const { json } = await ask(
    `${url}/api/v1/measurements?since=2026-11-24&until=2026-11-25&limit=1000`,
  );
  return json.results?.length as number | undefined;
};
const held = async (server: typeof dying) => {
  const own = connectTo(t, server!.url, 'ooni');
  const answer = await own.query({
    query: 'SELECT count() AS n FROM fastpath_local',
    format: 'JSONEachRow',
  });
  return (await answer.json<{ n: number }>())[0]!.n;
};

t.test('with both, rows go to the first, and are asked of any', async (t) => {
  await insert(1);
  const rows = await held(dying);
  t.ok(rows > 0 && rows < ROWS);
  t.equal(await held(staying), 0, 'one of them is written to; replication is its own');
  await copyShard(dying!, staying!, 'ooni');
  for (let time = 0; time < 10; time++) t.equal(await found(), ROWS);
});

t.test('with the other one alone', async (t) => {
  await dying!.kill();
  t.equal(await found(), ROWS);
  const before = await held(staying);
  await insert(2);
  await insert(2);
  const after = await held(staying);
  t.ok(after > before && after < before + ROWS);
  for (let time = 0; time < 10; time++) t.equal(await found(), 2 * ROWS);
});

t.test('when it is back', async (t) => {
  await dying!.start();
  await copyShard(staying!, dying!, 'ooni');
  for (let time = 0; time < 10; time++) t.equal(await found(), 2 * ROWS);
});
