/**
 * Covers src/edge/clickhouse/{fingerprintTables,sourceTables}.ts, src/core/sql/sourceTables.ts, src/core/sources/{store,version}.ts,
 * src/core/sql/migrations/0006_source_versions.ts, src/api/commands/fetchCommand.ts,
 * src/api/fetch/{runJob,openJob}.ts, src/config/fetch.ts.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runFetch } from '../../../src/api/commands/fetchCommand.ts';
import { fingerprintsJob } from '../../../src/core/sources/fingerprintsJob.ts';
import type { Job } from '../../../src/core/sources/job.ts';
import { testListsJob } from '../../../src/core/sources/testListsJob.ts';
import { parseVersion, versionText } from '../../../src/core/sources/version.ts';
import { type EngineOptions, MIGRATIONS } from '../../../src/core/sql/migrations/index.ts';
import {
  createFormerSql,
  createLoadSql,
  dropLoadSql,
  exchangeSql,
  formerTable,
  loadTable,
  syncLoadSql,
} from '../../../src/core/sql/sourceTables.ts';
import { readFingerprintTables } from '../../../src/edge/clickhouse/fingerprintTables.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import { openSourceTables } from '../../../src/edge/clickhouse/sourceTables.ts';
import { fingerprintFiles, fingerprintRows, listFile } from '../../core/sources/files.ts';
import { PROGRAM_USER, startClickHouse } from '../../support/clickhouse.ts';
import { connectTo } from '../../support/clickhouseClient.ts';
import { mmdb, place } from '../../support/mmdb.ts';

const server = await startClickHouse({ keeper: true });
t.teardown(() => server.stop());
const connect = (database: string) => connectTo(t, server.url, database);
const admin = connect('default');
const client = connect('ooni');

const dir = mkdtempSync(join(tmpdir(), 'ooni-fetch-'));
t.teardown(() => rmSync(dir, { recursive: true }));
for (const name of ['sources', 'metrics', 'fingerprints', 'lists']) mkdirSync(join(dir, name));
const configFile = join(dir, 'api.toml');
writeFileSync(
  configFile,
  `collector_id = "7"
base_url = "https://api.example.org"
sources_dir = "${dir}/sources"
[fetch]
fingerprints = ["${dir}/fingerprints"]
test_lists = ["${dir}/nowhere", "${dir}"]
geoip = ["${dir}/nowhere"]
as_names = ["${dir}/nowhere"]
fingerprints_least_rows = 1
test_lists_least_rows = 1
metrics_dir = "${dir}/metrics"
[clickhouse]
url = "${server.url}"
username = "${PROGRAM_USER}"
[s3]
bucket = "file://${dir}"
`,
);

const put = (files: readonly { name: string; bytes: Uint8Array }[], folder: string) => {
  for (const { name, bytes } of files) writeFileSync(join(dir, folder, name), bytes);
};
const putFingerprints = (dns: number, http: number, cc = 'IT') =>
  put(
    fingerprintFiles(fingerprintRows('dns', dns, cc), fingerprintRows('http', http, cc)),
    'fingerprints',
  );
const lists = (n: number) =>
  put(
    [
      listFile(
        'global',
        Array.from({ length: n }, (_, i) => `https://g${i}.example/,NEWS`),
      ),
      listFile('it', ['https://a.it/,NEWS', 'no URL,NEWS']),
    ],
    '.',
  );

/** Runs the command; gives its exit code, and what it wrote. */
async function fetched(...words: string[]) {
  const has = (word: string) => words.includes(`--${word}`);
  let output = '';
  const { write: out } = process.stdout;
  const { write: err } = process.stderr;
  const collect = (text: string | Uint8Array) => {
    output += text;
    return true;
  };
  process.stdout.write = collect;
  process.stderr.write = collect;
  // As the command line gives them, under its own names too.
  const asParsed = { job: words, $0: 'ooni-api' };
  try {
    const code = await runFetch(
      {
        ...asParsed,
        config: configFile,
        jobs: words.filter((word) => !word.startsWith('--')),
        dryRun: has('dry-run'),
        list: has('list'),
        back: has('back'),
        acceptShrink: has('accept-shrink'),
        again: has('again'),
      },
      {},
    );
    return { code, output };
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
}
async function rows<Row>(query: string): Promise<Row[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
}
const counts = async () => {
  const { dns, http } = await readFingerprintTables(client);
  return [dns.length, http.length];
};
const leftovers = () => rows("SELECT name FROM system.tables WHERE name LIKE '%_load_%'");

t.test('before the tables are there it says what to do', async (t) => {
  putFingerprints(3, 3);
  const { code, output } = await fetched('fingerprints');
  t.equal(code, 69);
  t.match(output, /^err: fingerprints: ClickHouse did not take it.*ooni/);
  await admin.command({ query: 'CREATE DATABASE ooni' });
  const empty = await fetched('fingerprints');
  t.match(empty, {
    code: 75,
    output: /no table fingerprints_dns: systemctl start ooni-api-migrate/,
  });
  await migrate(admin, 'ooni');
});

t.test('a content is put in place, with its history and the very files', async (t) => {
  putFingerprints(20, 40);
  t.match(await fetched('fingerprints', '--dry-run'), {
    code: 0,
    output: /fingerprints_dns: 0 -> 20 rows \(IT \+20\)\nfingerprints_http: 0 -> 40 rows/,
  });
  t.strictSame(await counts(), [0, 0], 'a dry run changes nothing');
  t.match(await fetched('fingerprints'), {
    code: 0,
    output: /fingerprints: put in place.*rows=60/,
  });
  t.strictSame(await counts(), [20, 40]);
  t.match(await fetched('fingerprints'), { code: 0, output: /fingerprints: nothing new/ });
  const [set, ...others] = await rows<{ sha256: string; dns: string; http: string }>(
    'SELECT sha256, dns, http FROM fingerprint_sets',
  );
  t.strictSame(others, []);
  t.equal(set!.dns, readFileSync(join(dir, 'fingerprints/fingerprints_dns.csv'), 'utf8'));
  t.equal(set!.http, readFileSync(join(dir, 'fingerprints/fingerprints_http.csv'), 'utf8'));
  t.match(await rows('SELECT job, kind, sha256, rows, host FROM source_versions'), [
    { job: 'fingerprints', kind: 'fetched', sha256: set!.sha256, rows: 60, host: '7' },
  ]);
  t.strictSame(await leftovers(), []);
  const { output } = await fetched('--list');
  t.match(output, new RegExp(`in use: since 20.*Z sha256 ${set!.sha256} from ${dir}/fingerprints`));
  t.match(output, /holds: fingerprints_dns: 20 rows\n {2}holds: fingerprints_http: 40 rows\n/);
  t.match(output, /geoip: last success on this host: never\n {2}in use: nothing/);
  t.match(
    output,
    /test-lists: .*\n {2}in use: nothing that was fetched\n {2}holds: citizenlab: 0 rows/,
  );
});

t.test('a source that fails is passed over; rows at fault are told of', async (t) => {
  lists(30);
  const { code, output } = await fetched('test-lists');
  t.equal(code, 0);
  t.match(output, /^warning: test-lists: .*nowhere/);
  t.match(output, /warning: test-lists: a fault .*lists\/it.csv:3: url: expected http/);
  t.strictSame(await rows('SELECT cc, count() AS n FROM citizenlab GROUP BY cc ORDER BY cc'), [
    { cc: 'ZZ', n: 30 },
    { cc: 'it', n: 1 },
  ]);
});

t.test('what has lost too much, or is no such file, is refused in one line', async (t) => {
  putFingerprints(20, 10);
  const shrunk = await fetched('fingerprints');
  t.equal(shrunk.code, 65);
  t.match(
    shrunk.output,
    /^err: fingerprints: nothing was taken.*40 rows would become 10.*--accept-shrink/,
  );
  t.equal(shrunk.output.trim().split('\n').length, 1);
  t.strictSame(await counts(), [20, 40]);
  writeFileSync(join(dir, 'fingerprints/fingerprints_http.csv'), '<!DOCTYPE html>');
  t.match(await fetched('fingerprints'), { code: 65, output: /found a page of HTML/ });
  put(
    fingerprintFiles(fingerprintRows('dns', 20), [
      ...fingerprintRows('http', 40),
      'x,nat,,body,regexp,^(a+)+$,5,IT,,,',
    ]),
    'fingerprints',
  );
  t.match(await fetched('fingerprints'), { code: 65, output: /keeps a search busy/ });
  t.match(await fetched('geoip'), { code: 69, output: /^err: geoip: nothing was taken.*ENOENT/ });
  t.strictSame(await counts(), [20, 40]);
  const metrics = readFileSync(join(dir, 'metrics/ooni-fetch-fingerprints.prom'), 'utf8');
  t.match(metrics, /ooni_fetch_failed_runs_total\{data="fingerprints"\} [1-9]/);
  t.match(metrics, /ooni_fetch_content_rows\{data="fingerprints"\} 60/);
});

t.test('the former content comes back, and is not fetched away again', async (t) => {
  putFingerprints(20, 10, 'FR');
  t.match(await fetched('fingerprints', '--accept-shrink'), { code: 0 });
  t.strictSame(await counts(), [20, 10]);
  t.match(await fetched('fingerprints', '--back'), { code: 0, output: /former content is in use/ });
  t.strictSame(await counts(), [20, 40]);
  t.match(await fetched('fingerprints', '--accept-shrink'), {
    code: 0,
    output: /still has what was taken back; --again/,
  });
  t.strictSame(await counts(), [20, 40]);
  putFingerprints(21, 40);
  t.match(
    await fetched('fingerprints'),
    { code: 0, output: /put in place/ },
    'another one is taken',
  );
  t.match(await fetched('fingerprints', '--back'), { code: 0 });
  t.strictSame(await counts(), [20, 40]);
  t.match(await fetched('fingerprints', '--again'), { code: 0, output: /put in place/ });
  t.strictSame(await counts(), [21, 40]);
  const state = () =>
    JSON.parse(readFileSync(join(dir, 'sources/fingerprints.state.json'), 'utf8'));
  const { runs, failed_runs } = state();
  t.match(await fetched('fingerprints', '--back'), { code: 0 });
  t.match(state(), { runs, failed_runs, rows: 60 }, 'no source was asked');
  t.match(await fetched('fingerprints', '--again'), { code: 0 });
  t.match(await fetched('as-names', '--back'), { code: 69, output: /no former content/ });
});

const versionOf = (sha256: string) => ({
  sha256,
  source: 'test',
  validators: {},
  takenAtMs: 1_800_000_000_000,
  rows: 0,
});
const contentOf = (job: Job, files: Parameters<Job['parse']>[0]) => {
  const parsed = job.parse(files);
  if (parsed.kind === 'invalid' || job.replaces.kind !== 'tables') throw new Error('invalid');
  return { content: parsed.content, replaced: job.replaces.tables };
};

t.test(
  'two at once: readers see one whole content or the other, and one of them stays',
  async (t) => {
    const sets = [30, 31].map((n) =>
      fingerprintFiles(fingerprintRows('dns', n), fingerprintRows('http', n)),
    );
    let done = false;
    const replace = async (files: (typeof sets)[number]) => {
      const { content, replaced } = contentOf(fingerprintsJob, files);
      const store = openSourceTables(client, fingerprintsJob, replaced, {});
      for (let i = 0; i < 5; i++) await store.replace(content, files, versionOf(content.sha256));
    };
    const seen = new Set<number>();
    const reader = (async () => {
      while (!done)
        for (const { n } of await rows<{ n: number }>('SELECT count() AS n FROM fingerprints_dns'))
          seen.add(n);
    })();
    await Promise.all(sets.map(replace));
    done = true;
    await reader;
    t.strictSame(
      [...seen].filter((n) => ![21, 30, 31].includes(n)),
      [],
    );
    const [dns, http] = await counts();
    t.equal(dns, http, 'both tables are of the same set');
    const { replaced } = contentOf(fingerprintsJob, sets[0]!);
    const store = openSourceTables(client, fingerprintsJob, replaced, {});
    t.equal((await store.current())!.rows, 2 * dns!);
    t.strictSame(await leftovers(), []);
  },
);

t.test('two hosts at once, the same content: what was before stays the former one', async (t) => {
  const before = contentOf(fingerprintsJob, fingerprintFiles(fingerprintRows('dns', 40)));
  const files = fingerprintFiles(fingerprintRows('dns', 41));
  const { content, replaced } = contentOf(fingerprintsJob, files);
  const [one, other] = [connect('ooni'), connect('ooni')];
  t.teardown(() => Promise.all([one.close(), other.close()]));
  const storeOf = (client: typeof one) => openSourceTables(client, fingerprintsJob, replaced, {});
  const { sha256 } = before.content;
  await storeOf(one).replace(
    before.content,
    fingerprintFiles(fingerprintRows('dns', 40)),
    versionOf(sha256),
  );
  // The other one is done while the first has loaded.
  const { command } = one;
  let waited = false;
  one.command = async (params) => {
    if (!waited && params.query.includes('_flip')) {
      waited = true;
      await storeOf(other).replace(content, files, versionOf(content.sha256));
    }
    return command(params);
  };
  await storeOf(one).replace(content, files, versionOf(content.sha256));
  t.equal(waited, true);
  t.equal((await storeOf(one).current())!.sha256, content.sha256);
  t.equal((await storeOf(one).former())!.sha256, sha256);
  t.strictSame(await leftovers(), []);
});

t.test('what was changed by hand is no version any more, and is fetched again', async (t) => {
  await client.command({ query: 'TRUNCATE TABLE citizenlab' });
  t.match(await fetched('test-lists'), { code: 0, output: /put in place: citizenlab: 0 -> 31/ });
  await client.command({ query: "ALTER TABLE citizenlab MODIFY COMMENT 'mine'" });
  t.match(await fetched('test-lists'), { code: 0, output: /put in place: citizenlab: 31 -> 31/ });
});

t.test('statements for a cluster', async (t) => {
  const cluster = { cluster: 'c' };
  t.equal(
    createLoadSql('a', 'a_load_1', "it's", cluster),
    "CREATE TABLE a_load_1 ON CLUSTER 'c' AS a COMMENT 'it\\'s'",
  );
  t.equal(
    exchangeSql(
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      cluster,
    ),
    "EXCHANGE TABLES a AND b, b AND c ON CLUSTER 'c'",
  );
  t.equal(syncLoadSql('a', cluster), "SYSTEM SYNC REPLICA ON CLUSTER 'c' a");
  t.equal(formerTable('citizenlab'), 'citizenlab_flip');
  const { replaced } = contentOf(testListsJob, [listFile('global', [])]);
  await t.rejects(openSourceTables(client, testListsJob, replaced, cluster).held(), {
    message: /citizenlab is not replicated, but fetch.cluster is set/,
  });
});

const asReplica = (cluster: EngineOptions, path: RegExp, name: string) => async (t: Test) => {
  const replica = connectTo(t, server.url, 'ooni_replica', { username: 'default' });
  await admin.command({ query: 'CREATE DATABASE ooni_replica ENGINE = Atomic' });
  // What distributed DDL does for each replica: a UUID is chosen for all of them, and the rest is a plain statement.
  const run = (statement: string) =>
    replica.command({
      query: statement.replace(
        /^(CREATE TABLE (?:IF NOT EXISTS )?[\w.]+)?(.*?) ON CLUSTER 'c'/s,
        (_, create: string | undefined, rest: string) =>
          create === undefined ? rest : `${create} UUID '${randomUUID()}'${rest}`,
      ),
    });
  const { replaced } = contentOf(fingerprintsJob, fingerprintFiles());
  const tables = replaced.map(({ table }) => table);
  for (const statement of MIGRATIONS.flatMap((one) => one.statements('ooni_replica', cluster)))
    if (
      tables.some((table) =>
        statement.startsWith(`CREATE TABLE IF NOT EXISTS ooni_replica.${table} `),
      )
    )
      await run(statement);
  for (const table of tables) {
    await run(createLoadSql(table, loadTable(table, '1'), `version of ${table}`, cluster));
    await run(createFormerSql(table, cluster));
    await run(createFormerSql(table, cluster));
  }
  const live = tables.map((table) => [table, loadTable(table, '1')] as const);
  const former = tables.map((table) => [loadTable(table, '1'), formerTable(table)] as const);
  await run(exchangeSql([...live, ...former], cluster));
  const ofTables = async <Row>(query: string) =>
    (await replica.query({ query, format: 'JSONEachRow' })).json<Row>();
  t.strictSame(
    await ofTables(`SELECT name, engine, comment FROM system.tables
      WHERE database = 'ooni_replica' AND comment != ''`),
    tables.map((name) => ({
      name,
      engine: 'ReplicatedMergeTree',
      comment: `version of ${name}`,
    })),
    'what was loaded is live, with its version',
  );
  const replicas = await ofTables<{ path: string; name: string }>(
    "SELECT zookeeper_path AS path, replica_name AS name FROM system.replicas WHERE database = 'ooni_replica'",
  );
  t.equal(
    new Set(replicas.map((replica) => replica.path)).size,
    6,
    'each table replicates by itself, so none takes the rows of another',
  );
  for (const replica of replicas) {
    t.match(replica.path, path);
    t.equal(replica.name, name);
  }
  for (const table of tables) await run(dropLoadSql(loadTable(table, '1'), cluster));
  await admin.command({ query: 'DROP DATABASE ooni_replica SYNC' });
};

t.test(
  'as a replica executes them, on replicated tables',
  asReplica({ cluster: 'c' }, /^\/clickhouse\/tables\/[0-9a-f-]{36}\/1$/, 'r'),
);
t.test(
  'and where there are several shards, all of which share such a table',
  asReplica({ cluster: 'c', sharded: true }, /^\/clickhouse\/tables\/[0-9a-f-]{36}\/all$/, '1-r'),
);

t.test('on a cluster: all replicas have all rows before the exchange', async (t) => {
  const files = [listFile('global', ['https://a.example/,NEWS', 'https://b.example/,NEWS'])];
  const { content, replaced } = contentOf(testListsJob, files);
  const said: string[] = [];
  const without = (query: string) =>
    query.replace(/_load_[0-9a-f]+/g, '_load').replace(/ AS citizenlab.*/s, '');
  const answers = (query: string) => {
    if (query.includes('engine'))
      return [{ name: 'citizenlab', engine: 'ReplicatedX', comment: '', rows: 0 }];
    return query.includes('count()') ? [{ n: 2 }] : [];
  };
  const recording = {
    command: async ({ query }: { query: string }) => said.push(without(query)),
    query: async ({ query }: { query: string }) => ({ json: async () => answers(query) }),
    exec: async ({ query, values }: { query: string; values: AsyncIterable<Buffer> }) => {
      said.push(without(query));
      for await (const _ of values);
      return { stream: [], summary: { written_rows: '2' } };
    },
  } as unknown as typeof client;
  const store = openSourceTables(recording, testListsJob, replaced, { cluster: 'c' });
  await store.replace(content, files, versionOf(content.sha256));
  t.strictSame(said, [
    "CREATE TABLE citizenlab_load ON CLUSTER 'c'",
    'INSERT INTO citizenlab_load FORMAT JSONEachRow',
    "SYSTEM SYNC REPLICA ON CLUSTER 'c' citizenlab_load",
    "CREATE TABLE IF NOT EXISTS citizenlab_flip ON CLUSTER 'c'",
    "EXCHANGE TABLES citizenlab AND citizenlab_load, citizenlab_load AND citizenlab_flip ON CLUSTER 'c'",
    "DROP TABLE IF EXISTS citizenlab_load ON CLUSTER 'c' SYNC",
  ]);
});

t.test('versions are texts; anything else is none', async (t) => {
  const version = {
    ...versionOf('a'.repeat(64)),
    validators: { x: '"e"' },
    rows: 3,
  };
  t.strictSame(parseVersion(versionText(version)), version);
  const other = JSON.parse(versionText(version));
  for (const text of [
    '',
    'mine',
    'null',
    '[]',
    '{}',
    ...['sha256', 'source', 'validators', 'taken_at', 'rows'].map((key) =>
      JSON.stringify({ ...other, [key]: null }),
    ),
  ])
    t.equal(parseVersion(text), undefined, text);
});

t.test('the server goes between loading and exchange: what is there stays', async (t) => {
  const before = await counts();
  const files = fingerprintFiles(fingerprintRows('dns', 50), fingerprintRows('http', 50));
  const { content, replaced } = contentOf(fingerprintsJob, files);
  const dying = connect('ooni');
  t.teardown(() => dying.close());
  const { command } = dying;
  dying.command = async (params) => {
    if (params.query.startsWith('EXCHANGE')) await server.kill();
    return command(params);
  };
  const store = openSourceTables(dying, fingerprintsJob, replaced, {});
  await t.rejects(store.replace(content, files, versionOf(content.sha256)));
  await server.start();
  t.strictSame(await counts(), before);
  t.equal((await leftovers()).length, 2, 'what was loaded is left');
  put(files, 'fingerprints');
  t.match(await fetched('fingerprints'), { code: 0, output: /put in place/ });
  t.strictSame(await counts(), [50, 50]);
  await server.kill();
  t.match(await fetched('fingerprints'), {
    code: 69,
    output: /^err: fingerprints: ClickHouse did not take it.*ECONNREFUSED/,
  });
  await server.start();
});

t.test('a GeoIP file is put in place when it opens', async (t) => {
  const folder = join(dir, 'nowhere');
  mkdirSync(folder);
  const record = place('US', 15_169, 'Example');
  writeFileSync(join(folder, 'x.mmdb'), mmdb([{ network: '192.0.2.0/24', record }]));
  t.match(await fetched('geoip'), { code: 65, output: /does not tell country and/ });
  writeFileSync(join(folder, 'x.mmdb'), mmdb([{ network: '8.8.8.0/24', record }]));
  t.match(await fetched('geoip'), { code: 0, output: /geoip: put in place/ });
  t.match(await fetched('geoip'), { code: 0, output: /geoip: nothing new/ });
  t.match(await fetched('geoip', '--list'), { code: 0, output: /fetched by host 7: 0 rows/ });
  rmSync(folder, { recursive: true });
});

t.test('nothing is written to the folder of sources but what ran', async (t) => {
  t.strictSame(
    readdirSync(join(dir, 'sources')).sort(),
    [
      'geoip.history.jsonl',
      'geoip.mmdb',
      'geoip.mmdb.json',
      ...['as-names', 'fingerprints', 'geoip', 'test-lists'].map((name) => `${name}.state.json`),
    ].sort(),
  );
});
