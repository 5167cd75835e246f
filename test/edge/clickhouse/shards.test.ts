/**
 * A cluster of two shards answers as one server with the same rows does: through inserts, repetitions, measurements
 * that are scored again, removals, days that are counted, and a shard that is away.
 *
 * Covers src/core/sql/shards.ts.
 */
import t, { type Test } from 'tap';
import { COUNTER_TABLES, notedDaysQuery } from '../../../src/core/sql/dayCounters.ts';
import { localTable, SPREAD_TABLES } from '../../../src/core/sql/shards.ts';
import type { ClickHouseClient } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { isRowError } from '../../../src/edge/clickhouse/clickhouseErrors.ts';
import { countDays } from '../../../src/edge/clickhouse/dayCounters.ts';
import { countMeasurementRows, deleteRows } from '../../../src/edge/clickhouse/deleteRows.ts';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { countRows } from '../../../src/edge/clickhouse/jsonlTable.ts';
import { migrate, missingMigrations, rebuild } from '../../../src/edge/clickhouse/migrate.ts';
import { readCounters } from '../../../src/edge/clickhouse/prioritisation.ts';
import { clickHouseRowStore } from '../../../src/fastpath/rowStore.ts';
import { ask, startService } from '../../api/support.ts';
import { runDataSet, sampleSet } from '../../conformance/dataCases.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { connectTo } from '../../support/clickhouseClient.ts';
import { randomChoices } from '../../support/random.ts';
import { CLUSTER, startShards } from '../../support/shards.ts';

const single = await startClickHouse();
t.teardown(() => single.stop());
const shards = await startShards([1, 1]);
t.teardown(() => shards.stop());
const second = shards.servers[1]!;

const admin = connectTo(t, shards.url, 'default');
await migrate(connectTo(t, single.url, 'default'), 'ooni');
const one = connectTo(t, single.url, 'ooni');
const many = connectTo(t, shards.url, 'ooni');

const { below, pick } = randomChoices(Number(process.env.SEED ?? 20261126));
/** A measurement is of this day or of the two before. */
const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const time = () =>
  new Date(NOW_MS - below(3) * DAY_MS - below(3) * 3_600_000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ');
const FLAG = ['t', 'f', 'f'];
const scored = () => ({
  anomaly: pick(FLAG),
  confirmed: pick(FLAG),
  msm_failure: pick(FLAG),
  scores: pick(['{}', '{"analysis":{"blocking_type":"dns"}}']),
});
interface Row {
  readonly measurement_uid: string;
  readonly report_id: string;
  readonly input: string;
  readonly [column: string]: unknown;
}
const uidOf = (serial: number) =>
  `20261124101503.${String(serial).padStart(6, '0')}_IT_webconnectivity_0f3c9b7a5d2e4418`;
let made = 0;
const measurement = (): Row => {
  const domain = pick(['a.org', 'b.org', 'c.org']);
  const start = time();
  return {
    measurement_uid: uidOf(made++),
    report_id: `20261124T101502Z_webconnectivity_IT_1_n1_${below(40)}`,
    input: `https://${domain}/`,
    domain,
    probe_cc: pick(['IT', 'DE', 'IR']),
    probe_asn: pick([1, 2, 3]),
    test_name: pick(['web_connectivity', 'web_connectivity', 'ndt']),
    test_start_time: start,
    measurement_start_time: start,
    ...scored(),
  };
};
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row));
const rows = async <Found>(client: ClickHouseClient, query: string, values = {}) =>
  (await client.query({ query, query_params: values, format: 'JSONEachRow' })).json<Found>();
const count = async (client: ClickHouseClient, from: string) =>
  (await rows<{ n: number }>(client, `SELECT count() AS n FROM ${from}`))[0]!.n;
/** The same for both, one after the other. */
const both = async (step: (client: ClickHouseClient) => Promise<unknown>) => {
  await step(one);
  await step(many);
};
const insert = (table: string, values: readonly object[], token: string) =>
  both((client) => insertLines(client, table, lines(values), token));

t.test('tables: rows of measurements on one shard each, all else on every server', async (t) => {
  await t.rejects(migrate(admin, 'ooni', { cluster: 'nowhere' }), {
    message: 'ClickHouse has no cluster nowhere in its configuration',
  });
  await Promise.all([
    migrate(admin, 'ooni', { cluster: CLUSTER }),
    migrate(connectTo(t, shards.url, 'default'), 'ooni', { cluster: CLUSTER }),
  ]);
  t.strictSame((await migrate(admin, 'ooni', { cluster: CLUSTER })).applied, []);
  await t.rejects(migrate(admin, 'ooni'), {
    message: /are spread over shards: name their --clust/,
  });
  for (const server of shards.servers)
    t.strictSame(await missingMigrations(connectTo(t, server.url, 'ooni'), 'ooni'), []);

  const replicated = shards.clusterStatements.filter((text) => / ENGINE = Rep/.test(text));
  const local = /^CREATE TABLE IF NOT EXISTS ooni\.(\w+_local) /;
  for (const statement of replicated) {
    const own = local.test(statement);
    t.match(
      statement,
      own
        ? /Replicated\w+\((\w*)\)\s/
        : /Replicated\w+\('\/clickhouse\/tables\/\{uuid\}\/all', '\{shard\}-\{replica\}'(, \w+)?\)/,
    );
  }
  t.strictSame(
    [...new Set(replicated.flatMap((text) => local.exec(text)?.[1] ?? []))].sort(),
    SPREAD_TABLES.map(localTable).sort(),
    'what is spread',
  );
  const engines = await rows<{ name: string; engine: string }>(
    many,
    "SELECT name, engine FROM system.tables WHERE database = 'ooni' AND engine = 'Distributed' ORDER BY name",
  );
  t.strictSame(
    engines.map(({ name }) => name),
    [...SPREAD_TABLES, 'mutations_of_shards'].sort(),
  );
});

const all: Row[] = [];
t.test('rows: each measurement on one shard, a repeated batch once', async (t) => {
  await insert(
    'citizenlab',
    ['a', 'b', 'c'].map((name) => ({
      domain: `${name}.org`,
      url: `https://${name}.org/`,
      cc: 'ZZ',
      category_code: name === 'a' ? 'NEWS' : 'HUMR',
    })),
    'lists',
  );
  for (let batch = 0; batch < 4; batch++) {
    const values = Array.from({ length: 300 }, measurement);
    all.push(...values);
    await insert('fastpath', values, `batch ${batch}`);
    // Its answer was lost.
    await insert('fastpath', values, `batch ${batch}`);
  }
  t.equal(await count(many, 'fastpath'), all.length);
  const held = await Promise.all(
    shards.servers.map((server) => count(connectTo(t, server.url, 'ooni'), localTable('fastpath'))),
  );
  t.equal(held[0]! + held[1]!, all.length);
  t.ok(
    held.every((rows) => rows > all.length / 4),
    `both shards have their part: ${held}`,
  );
  t.equal(
    await count(connectTo(t, second.url, 'ooni'), 'fastpath'),
    all.length,
    'any can be asked',
  );

  const again = all.filter(() => below(3) === 0).map((row) => ({ ...row, ...scored() }));
  await insert('fastpath', again, 'scored again');
  t.equal(await count(many, 'fastpath FINAL'), all.length);
  t.strictSame(
    await clickHouseRowStore(many).stored(
      all.slice(0, 10).map((row) => ({
        uid: row.measurement_uid,
        testName: 'ndt',
        measurementStartTime: String(row.measurement_start_time),
        row: '',
        openvpnRow: undefined,
        mayBeStored: true,
      })),
      AbortSignal.timeout(30_000),
    ),
    new Set(all.slice(0, 10).map((row) => row.measurement_uid)),
  );

  await insertLines(many, 'jsonl', lines(all.map(published)), 'can');
  await insertLines(many, 'jsonl', lines(all.map(published)), 'can');
  t.equal(await count(many, 'jsonl'), all.length);
  const keys = all.map((row) => ({
    measurementUid: row.measurement_uid,
    reportId: row.report_id,
    input: row.input,
  }));
  t.equal(await countRows(many, 'raw/can.jsonl.gz', keys), all.length);
});
const published = ({ report_id, input, measurement_uid }: Row, linenum: number) => ({
  report_id,
  input,
  measurement_uid,
  linenum,
  s3path: 'raw/can.jsonl.gz',
});

const service = (clickhouseUrl: string) =>
  // Counts that do not hold any more are too old to be shown.
  startService(t, { clickhouseUrl, nowMs: () => NOW_MS + 7 * DAY_MS });
const [askOne, askMany] = (await Promise.all([service(single.url), service(shards.url)])).map(
  ({ url }) =>
    async (path: string): Promise<unknown> => {
      const { status, json, text } = await ask(url + path);
      if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
      // What the database read for it, and how long that took.
      if (json === undefined) return text;
      const { db_stats: _, metadata, ...answer } = json;
      return { ...answer, metadata: { ...metadata, query_time: 0 } };
    },
) as [Asking, Asking];
type Asking = (path: string) => Promise<unknown>;

const PATHS = [
  ...['', '&order=asc', '&probe_cc=IT&test_name=ndt', '&domain=a.org', '&probe_asn=AS2'].flatMap(
    (search) => [
      `/api/v1/measurements?limit=50${search}`,
      `/api/v1/measurements?limit=50&offset=150${search}`,
    ],
  ),
  '/api/v1/measurements?limit=100&anomaly=true&confirmed=false',
  '/api/v1/measurements?limit=100&category_code=NEWS',
  `/api/v1/measurement_meta?measurement_uid=${uidOf(7)}`,
  '/api/v1/aggregation?axis_x=probe_cc',
  '/api/v1/aggregation?axis_x=measurement_start_day&axis_y=probe_asn&domain=b.org',
  '/api/v1/aggregation?axis_x=category_code&axis_y=probe_cc',
  '/api/v1/aggregation?axis_x=blocking_type&input=https://a.org/',
  '/api/v1/aggregation?axis_x=domain&axis_y=measurement_start_day&probe_asn=1',
  `/api/v1/export?format=csv&day=${new Date(NOW_MS - DAY_MS).toISOString().slice(0, 10)}`,
  '/api/_/countries',
  '/api/_/country_overview?probe_cc=IT',
  '/api/_/global_overview',
  '/api/_/global_overview_by_month',
  '/api/_/asn_by_month',
  '/api/_/domains',
  '/api/_/networks',
  '/api/_/test_coverage?probe_cc=IR',
  '/api/_/website_networks?probe_cc=IT',
  '/api/_/website_stats?probe_cc=IT&probe_asn=1&input=https://a.org/',
  '/api/_/website_urls?probe_cc=IT&probe_asn=1',
  '/api/_/show_countries_prioritization',
];
/** Statistics count versions of a measurement until they are merged. */
const merge = async () => {
  const places: [string, string][] = [
    [single.url, 'fastpath'],
    ...shards.servers.map(({ url }): [string, string] => [url, localTable('fastpath')]),
  ];
  for (const [url, table] of places)
    await connectTo(t, url, 'ooni', { username: 'default' }).command({
      query: `OPTIMIZE TABLE ${table} FINAL`,
    });
};
/** `part`: what the paths begin with. */
const compare = async (t: Test, when: string, part: string) => {
  for (const path of PATHS.filter((path) => path.startsWith(part)))
    t.strictSame(await askMany(path), await askOne(path), `${when}: ${path}`);
};

t.test('answers are those of one server', async (t) => {
  const { result } = (await askOne('/api/v1/aggregation?axis_x=probe_cc')) as {
    result: { measurement_count: number }[];
  };
  t.equal(
    result.reduce((sum, row) => sum + row.measurement_count, 0),
    all.length,
    'with something in them',
  );
  await compare(t, 'rows', '/api/v1/');
  await merge();
  await compare(t, 'merged', '/api/');
});

t.test('days are counted over all shards', async (t) => {
  const counted: number[] = [];
  await both(async (client) => counted.push(await countDays(client, Date.now, 60_000)));
  t.equal(counted[0], counted[1]);
  t.ok(counted[0]! >= 3);
  for (const { name, columns } of COUNTER_TABLES) {
    const list = columns.join(', ');
    const sums = (client: ClickHouseClient) =>
      rows(
        client,
        `SELECT ${list}, day, measurement_count, anomaly_count, ok_count FROM ${name} FINAL ORDER BY ${list}, day`,
      );
    t.strictSame(await sums(many), await sums(one), name);
  }
  const { sql, values } = notedDaysQuery('1970-01-01', '2100-01-01');
  const changed = async () =>
    (await rows<{ day: string; changed: number }>(many, sql, values))
      .filter((day) => day.changed === 1)
      .map(({ day }) => day);
  t.strictSame(await changed(), [], 'a state is that of all shards');
  await insert('fastpath', [{ ...all[0]!, ...scored(), probe_asn: 3 }], 'one more');
  t.strictSame(await changed(), [String(all[0]!.measurement_start_time).slice(0, 10)]);
  await compare(t, 'counted', '/api/v1/aggregation');
});

t.test('what the view counts, and counts anew', async (t) => {
  const counters = async (client: ClickHouseClient) => {
    const { urls, networks } = await readCounters(client, NOW_MS);
    return [...networks]
      .flatMap(([network, pairs]) =>
        Array.from(
          { length: pairs.length / 2 },
          (_, at) => `${network} ${urls[pairs[2 * at]!]} ${pairs[2 * at + 1]}`,
        ),
      )
      .sort();
  };
  const views = await counters(many);
  t.ok(views.length > 10);
  t.strictSame(views, await counters(one));
  await rebuild(admin, 'ooni');
  t.strictSame(await counters(many), views, 'nothing twice');
});

t.test('removed rows are gone from every shard', async (t) => {
  const gone = all.filter(() => below(20) === 0).map((row) => row.measurement_uid);
  const before = await count(many, 'fastpath FINAL');
  await insert(
    'msmt_feedback',
    gone.map((uid) => ({ measurement_uid: uid, account_id: 'a', status: 'ok' })),
    'feedback',
  );
  await deleteRows(one, gone);
  await deleteRows(many, gone);
  t.ok(gone.length > 10);
  for (const uid of gone.slice(0, 10)) t.equal(await countMeasurementRows(many, uid), 0);
  t.equal(await count(many, 'fastpath FINAL'), before - gone.length);
  await compare(t, 'removed', '/api/v1/');
  await merge();
  await compare(t, 'removed and merged', '/api/_/');
});

t.test('a shard is away: nothing is half there, nothing is lost, nothing twice', async (t) => {
  await second.kill();
  const values = Array.from({ length: 100 }, measurement);
  const failed = await insertLines(many, 'fastpath', lines(values), 'while away').then(
    () => undefined,
    (error: unknown) => error,
  );
  t.ok(failed, 'not confirmed');
  t.notOk(isRowError(failed), 'and no fault of a row');
  await t.rejects(askMany('/api/v1/aggregation?axis_x=probe_cc'), 'no answer from a part');
  await second.start();
  await insert('fastpath', values, 'while away');
  t.equal(await count(many, 'fastpath FINAL'), await count(one, 'fastpath FINAL'));
  const twice = await rows(
    many,
    `SELECT measurement_uid FROM fastpath WHERE measurement_uid IN {uids:Array(String)}
GROUP BY measurement_uid HAVING count() > 1`,
    { uids: values.map((row) => row.measurement_uid) },
  );
  t.strictSame(twice, [], 'the rows that one shard had taken are known by the token');
  await compare(t, 'back', '/api/v1/');
});

t.test('the sample of requests', async (t) => {
  const said: string[] = [];
  const outcome = await runDataSet(shards.url, { ...sampleSet(), cluster: CLUSTER }, (line) =>
    said.push(line),
  );
  t.strictSame(said, []);
  t.ok(outcome.passed > 10);
});
