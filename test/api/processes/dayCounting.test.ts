/** Days are counted in rounds, and a database that is away is told of once. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startDayCounting } from '../../../src/api/processes/dayCounting.ts';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { makeLog } from '../../../src/log/log.ts';
import { startDatabase } from '../support.ts';

const open = (url: string) =>
  openClickHouse({
    url,
    database: 'ooni',
    username: 'default',
    password: '',
    requestTimeoutMs: 30_000,
    application: 'ooni-api-test',
  });
function start(url: string) {
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) });
  return { lines, counting: startDayCounting(open(url), log, 20) };
}

t.test('a database that is away', async (t) => {
  const { lines, counting } = start('http://127.0.0.1:1');
  while (lines.length === 0) await sleep(20);
  await sleep(200);
  t.equal(lines.length, 1, 'several rounds, one line');
  t.match(lines[0], /cannot count.*ooni-api migrate.*ECONNREFUSED/);
  await counting.close();
});

t.test('what comes in is counted', async (t) => {
  const url = await startDatabase(t);
  const client = open(url);
  t.teardown(() => client.close());
  const { lines, counting } = start(url);
  await client.command({
    query: `INSERT INTO fastpath (measurement_uid, probe_asn, measurement_start_time)
      VALUES ('a', 1, '2024-01-01 00:00:00'), ('b', 1, '2024-01-01 00:00:01')`,
  });
  const counted = async () => {
    const answer = await client.query({
      query: 'SELECT sum(measurement_count) AS n FROM network_days FINAL',
      format: 'JSONEachRow',
    });
    return (await answer.json<{ n: number }>())[0]!.n;
  };
  while ((await counted()) === 0) await sleep(20);
  t.equal(await counted(), 2);
  await counting.close();
  t.strictSame(lines, []);
});
