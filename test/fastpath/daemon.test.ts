/**
 * Covers src/fastpath/{outcomes, fastpathMetrics, scored, scoringThread, taker}.ts.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { fastpathSchema } from '../../src/config/fastpath.ts';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../src/core/measurement/measurementUid.ts';
import { fingerprintsJob } from '../../src/core/sources/fingerprintsJob.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { openSourceTables } from '../../src/edge/clickhouse/sourceTables.ts';
import { attemptsFile } from '../../src/edge/spool/attempts.ts';
import { openSpool } from '../../src/edge/spool/spool.ts';
import { type DaemonParts, startDaemon } from '../../src/fastpath/daemon.ts';
import { makeMetrics } from '../../src/fastpath/fastpathMetrics.ts';
import { makeLog } from '../../src/log/log.ts';
import { fingerprintFiles } from '../core/sources/files.ts';
import { PROGRAM_USER, startClickHouse } from '../support/clickhouse.ts';
import { startTamperingProxy } from '../support/clickhouseProxy.ts';
import { sourceThread } from '../support/sourceThread.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const connectTo = (database: string, url = server.url) =>
  openClickHouse({
    url,
    database,
    username: PROGRAM_USER,
    password: '',
    requestTimeoutMs: 10_000,
    application: 'test',
  });
const admin = connectTo('default');
t.teardown(() => admin.close());

let clockUs = Date.now() * 1000;
const startTime = new Date().toISOString().slice(0, 19).replace('T', ' ');

function post(content: Record<string, unknown>): Buffer {
  const measurement = {
    report_id: '20260821T101502Z_ndt_IT_30722_n1_q5N5YSTWEqHYDo9v',
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    test_name: 'ndt',
    test_start_time: startTime,
    measurement_start_time: startTime,
    ...content,
  };
  return Buffer.from(JSON.stringify({ format: 'json', content: measurement, is_verified: 'u' }));
}

const scoringThread: DaemonParts['startThread'] = (resourceLimits) =>
  sourceThread(new URL('../../src/fastpath/main.ts', import.meta.url), { resourceLimits });

let databases = 0;

/** A daemon with a spool and a database of its own. */
async function setUp(
  t: Test,
  options: {
    toml?: Record<string, unknown>;
    sql?: (db: string) => string[];
    startThread?: DaemonParts['startThread'];
    /** Where the daemon finds ClickHouse. */
    url?: string;
  } = {},
) {
  const database = `ooni_daemon${databases++}`;
  await migrate(admin, database);
  for (const query of options.sql?.(database) ?? []) await admin.command({ query });
  const dir = t.testdir();
  // Not below the test's own folder: the path of a socket must be short.
  const socketDir = mkdtempSync(join(tmpdir(), 'ooni-'));
  t.teardown(() => rmSync(socketDir, { recursive: true }));
  const client = connectTo(database, options.url);
  const spool = await openSpool(join(dir, 'spool'));
  const config = fastpathSchema.parse({
    spool_dir: spool.dir,
    socket: join(socketDir, 'fastpath.sock'),
    sweep_interval_ms: 100,
    flush_after_ms: 20,
    ...options.toml,
  });
  const lines: string[] = [];
  const metrics = makeMetrics();
  const start = () =>
    startDaemon({
      config,
      spool,
      client,
      log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
      metrics,
      threads: 2,
      startThread: options.startThread ?? scoringThread,
      onStuck: () => {},
      socketFds: [],
    });
  t.teardown(() => client.close());
  const accept = async (bytes: Uint8Array) => {
    const uid = parseMeasurementUid(makeMeasurementUid(clockUs++, 'IT', 'ndt', bytes))!;
    await spool.accept(uid, bytes);
    return uid.text;
  };
  const rows = async <Row>(what: string) =>
    (
      await client.query({
        query: `SELECT ${what} FROM fastpath ORDER BY measurement_uid`,
        format: 'JSONEachRow',
      })
    ).json<Row>();
  const pending = () => readdirSync(join(spool.dir, 'pending'));
  const drained = async () => {
    while (pending().length > 0) await sleep(10);
  };
  return { database, spool, config, start, accept, rows, pending, drained, lines, metrics };
}

t.test('rows, discards and quarantine: each measurement ends in one place', async (t) => {
  const { start, accept, rows, drained, spool, metrics } = await setUp(t);
  const good = [await accept(post({})), await accept(post({ input: 'x' }))];
  await accept(post({ probe_cc: 'ZZ' }));
  const bad = [
    await accept(Buffer.from('{"format":')),
    await accept(post({ probe_asn: 'nonsense' })),
  ];
  const daemon = await start();
  await drained();
  await daemon.close();
  t.strictSame(
    (await rows<{ uid: string }>('measurement_uid AS uid')).map(({ uid }) => uid),
    good,
  );
  t.strictSame(
    readdirSync(join(spool.dir, 'quarantine')).sort(),
    bad.flatMap((uid) => [`${uid}.post.gz`, `${uid}.reason`]).sort(),
  );
  t.match(readFileSync(join(spool.dir, 'quarantine', `${bad[1]}.reason`), 'utf8'), /probe_asn/);
  t.match(
    await metrics.registry.metrics(),
    /ooni_fastpath_measurements_total\{test_name="ndt",outcome="row"\} 2/,
  );
});

t.test('a hint is scored at once, long before a sweep', async (t) => {
  const { start, accept, drained, config, rows } = await setUp(t, {
    toml: { sweep_interval_ms: 3_600_000 },
  });
  const daemon = await start();
  await sleep(300);
  const socket = connect(config.socket);
  const uid = await accept(post({}));
  socket.write(`not a uid\n${uid.slice(0, 10)}`);
  await sleep(10);
  socket.write(`${uid.slice(10)}\n`);
  await drained();
  t.equal((await rows('1')).length, 1);
  socket.destroy();
  await daemon.close();
  t.equal(existsSync(config.socket), false);
});

t.test('fingerprints come from the tables, in their order', async (t) => {
  const { start, accept, drained, rows } = await setUp(t, {
    sql: (database) => [
      `INSERT INTO ${database}.fingerprints_dns (position, name, scope, location_found, pattern_type, pattern, expected_countries)
       VALUES (2, 'second', 'isp', 'dns', 'full', '192.0.2.1', ''), (1, 'first', 'nat', 'dns', 'full', '192.0.2.1', 'IT')`,
    ],
  });
  await accept(
    post({
      test_name: 'web_connectivity',
      input: 'https://example.org/',
      test_keys: { blocking: 'dns', queries: [{ answers: [{ ipv4: '192.0.2.1' }] }] },
    }),
  );
  const daemon = await start();
  await drained();
  await daemon.close();
  const [row] = await rows<{ confirmed: string; scores: string }>('confirmed, scores');
  t.equal(row?.confirmed, 't');
  t.strictSame(
    JSON.parse(row!.scores).fingerprints.map(({ name }: { name: string }) => name),
    ['first', 'second'],
  );
});

t.test('sets change while it scores: a row has all of one set, and tells which', async (t) => {
  const { start, accept, drained, rows, database } = await setUp(t, {
    // As often as may be: each look costs a statement.
    toml: { fingerprints_refresh_ms: 1_000 },
  });
  const client = connectTo(database);
  t.teardown(() => client.close());
  const { replaces } = fingerprintsJob;
  if (replaces.kind !== 'tables') throw new Error('no tables');
  const store = openSourceTables(client, fingerprintsJob, replaces.tables, {});
  const names = new Map<string, readonly string[]>();
  const put = async (name: string) => {
    const files = fingerprintFiles(
      [`${name}.dns,nat,,dns,full,192.0.2.1,5,IT,test,,`],
      [`${name}.http,nat,,body,contains,BLOCKED,5,IT,test,,`],
    );
    const parsed = fingerprintsJob.parse(files);
    if (parsed.kind === 'invalid') throw new Error(parsed.reason);
    const { content } = parsed;
    names.set(content.sha256, [`${name}.dns`, `${name}.http`]);
    const version = { source: 'test', validators: {}, takenAtMs: Date.now(), rows: 2 };
    await store.replace(content, files, { ...version, sha256: content.sha256 });
  };
  await put('a');
  const daemon = await start();
  const keys = {
    queries: [{ answers: [{ ipv4: '192.0.2.1' }] }],
    requests: [{ response: { body: 'BLOCKED' } }],
  };
  let sent = 0;
  let done = false;
  const probes = (async () => {
    for (; !done; sent++) {
      await accept(
        post({ test_name: 'web_connectivity', input: `https://${sent}.example/`, test_keys: keys }),
      );
      await sleep(2);
    }
  })();
  const seen = async () =>
    rows<{ sha256: string; scores: string }>('fingerprints_sha256 AS sha256, scores');
  const isInUse = async () => {
    const sha256 = [...names.keys()].at(-1);
    while (!(await seen()).some((row) => row.sha256 === sha256)) await sleep(50);
  };
  await isInUse();
  for (const name of ['b', 'c']) {
    await put(name);
    await isInUse();
  }
  await store.back();
  done = true;
  await probes;
  await drained();
  await daemon.close();
  const found = await seen();
  t.equal(found.length, sent, 'none waits or is lost');
  t.strictSame([...new Set(found.map(({ sha256 }) => sha256))].sort(), [...names.keys()].sort());
  for (const { sha256, scores } of found) {
    const matched = JSON.parse(scores).fingerprints.map(({ name }: { name: string }) => name);
    if (String(matched) !== String(names.get(sha256)))
      t.strictSame(matched, names.get(sha256), sha256);
  }
});

t.test('a row that ClickHouse refuses is quarantined alone', async (t) => {
  const { start, accept, drained, rows, spool } = await setUp(t, {
    sql: (database) => [
      `ALTER TABLE ${database}.fastpath ADD CONSTRAINT picky CHECK input != 'poison'`,
    ],
  });
  for (let index = 0; index < 20; index++) await accept(post({ input: `${index}` }));
  const poison = await accept(post({ input: 'poison' }));
  for (let index = 0; index < 20; index++) await accept(post({ input: `${index}` }));
  const daemon = await start();
  await drained();
  await daemon.close();
  t.equal((await rows('1')).length, 40);
  t.strictSame(readdirSync(join(spool.dir, 'quarantine')).sort(), [
    `${poison}.post.gz`,
    `${poison}.reason`,
  ]);
});

t.test('a measurement of 10 MB is one like any other', async (t) => {
  const { start, accept, drained, rows } = await setUp(t);
  await accept(
    post({ test_name: 'web_connectivity', test_keys: { body: 'x'.repeat(10_000_000) } }),
  );
  await accept(post({}));
  const daemon = await start();
  await drained();
  await daemon.close();
  t.equal((await rows('1')).length, 2);
});

t.test('what a killed predecessor had stored is not stored again', async (t) => {
  const { start, accept, drained, rows, spool } = await setUp(t);
  const uid = await accept(post({}));
  const first = await start();
  await drained();
  await first.close();
  // As after kill -9 between the insert and the unlink.
  const again = parseMeasurementUid(uid)!;
  const { link } = await import('node:fs/promises');
  await link(
    join(spool.dir, 'incoming', `${again.hour}_IT_ndt`, `${uid}.post`),
    spool.pendingFile(uid),
  );
  const second = await start();
  await drained();
  await second.close();
  t.equal((await rows('1')).length, 1);
});

t.test('a thread that loops or crashes costs the measurement that it is at', async (t) => {
  // Stands for a bug: what the measurement says is done, the others are scored as ever.
  const startThread: DaemonParts['startThread'] = () =>
    sourceThread(new URL('../support/taskThread.ts', import.meta.url), {
      workerData: { readsInput: true, result: { kind: 'discard', reason: 'test' } },
    });
  const { start, accept, drained, spool, config, metrics } = await setUp(t, {
    startThread,
    toml: { measurement_timeout_ms: 1_000 },
  });
  const bad: string[] = [];
  for (let index = 0; index < 29; index++) {
    await accept(post({ input: `${index}` }));
    if (index % 15 === 3) bad.push(await accept(post({ input: 'loop' })));
    if (index % 15 === 9) bad.push(await accept(post({ input: 'crash' })));
  }
  const daemon = await start();
  await drained();
  // What has left may be offered again, by a late hint or a sweep that read the folder before.
  const socket = connect(config.socket);
  socket.end(`${bad.join('\n')}\n${await accept(post({ input: 'last' }))}\n`);
  await drained();
  await daemon.close();
  t.strictSame(
    readdirSync(join(spool.dir, 'quarantine')).sort(),
    bad.flatMap((uid) => [`${uid}.post.gz`, `${uid}.reason`]).sort(),
  );
  const text = await metrics.registry.metrics();
  t.match(text, 'ooni_fastpath_measurements_total{test_name="ndt",outcome="discard"} 30');
  t.match(text, 'ooni_fastpath_measurements_total{test_name="ndt",outcome="quarantine"} 4');
  t.match(text, 'ooni_fastpath_thread_restarts_total 4');
});

t.test('large measurements are scored one at a time, and not again and again', async (t) => {
  const { start, accept, drained, rows, spool, pending } = await setUp(t);
  const large = (input: string) => post({ input, padding: 'x'.repeat(4_300_000) });
  for (const input of ['a', 'b', 'c']) await accept(large(input));
  const [once, twice] = [await accept(large('once')), await accept(large('twice'))];
  // As after a process that died while it scored them.
  writeFileSync(attemptsFile(spool.pendingFile(once)), '.');
  writeFileSync(attemptsFile(spool.pendingFile(twice)), '..');
  await accept(post({ input: 'small' }));
  const daemon = await start();
  await drained();
  t.strictSame(pending(), []);
  await daemon.close();
  t.strictSame(
    (await rows<{ input: string }>('input')).map(({ input }) => input),
    ['a', 'b', 'c', 'once', 'small'],
  );
  t.match(
    readFileSync(join(spool.dir, 'quarantine', `${twice}.reason`), 'utf8'),
    'the process ended 2 times while it was scored',
  );
});

t.test('what ooni-api did not put into pending/ is not read, and holds nothing up', async (t) => {
  const { start, accept, drained, rows, spool, lines } = await setUp(t);
  const secret = join(spool.dir, 'secret');
  writeFileSync(secret, post({ input: 'secret' }));
  const [linked, piped, folder, attempts] = await Promise.all(
    ['a', 'b', 'c', 'd'].map((input) =>
      accept(post(input === 'd' ? { input, padding: 'x'.repeat(4_300_000) } : { input })),
    ),
  );
  const replace = (uid: string, put: (file: string) => void) => {
    rmSync(spool.pendingFile(uid));
    put(spool.pendingFile(uid));
  };
  replace(linked!, (file) => symlinkSync(secret, file));
  replace(piped!, (file) => execFileSync('mkfifo', [file]));
  replace(folder!, (file) => mkdirSync(file));
  symlinkSync(secret, attemptsFile(spool.pendingFile(attempts!)));
  await accept(post({ input: 'small' }));
  const daemon = await start();
  await drained();
  await daemon.close();
  t.strictSame(
    (await rows<{ input: string }>('input')).map(({ input }) => input),
    ['small'],
  );
  t.notMatch(readFileSync(secret, 'latin1'), /\.$/, 'nothing is written behind a link');
  for (const [uid, reason] of [
    [linked, /it is a symbolic link/],
    [piped, /it is a pipe/],
    [folder, /it is a folder/],
    [attempts, /is not a file of this user's own/],
  ] as const) {
    const line = lines.find((one) => one.startsWith('<3>') && one.includes(uid!));
    t.match(line, reason);
    const reasons = [`${uid}.reason`, `${uid}.post.reason`];
    const kept = reasons.find((name) => existsSync(join(spool.dir, 'quarantine', name)));
    t.match(readFileSync(join(spool.dir, 'quarantine', kept!), 'utf8'), reason);
  }
});

t.test('bounds: values, bytes of a row, UTF-8', async (t) => {
  const { start, accept, drained, spool } = await setUp(t);
  const reasons = new Map([
    [await accept(post({ many: new Array(2_000_001).fill(0) })), 'more than 2000000 values\n'],
    [
      await accept(post({ software_name: 'x'.repeat(9_000_000) })),
      'a row of more than 8000000 bytes\n',
    ],
    [
      await accept(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])),
      'not valid UTF-8\n',
    ],
  ]);
  const daemon = await start();
  await drained();
  await daemon.close();
  for (const [uid, reason] of reasons)
    t.equal(readFileSync(join(spool.dir, 'quarantine', `${uid}.reason`), 'utf8'), reason);
});

t.test('a disk that does not let go: the row is not written again', async (t) => {
  const { spool, start, accept, rows, lines, pending, drained } = await setUp(t);
  const { unlinkPending } = spool;
  let refuses = true;
  let refusals = 0;
  Object.assign(spool, {
    unlinkPending: async (uids: readonly string[]) => {
      refusals += uids.length;
      return refuses
        ? uids.map((uid) => ({ uid, error: new Error('EROFS') }))
        : unlinkPending(uids);
    },
  });
  await accept(post({}));
  await accept(post({ probe_cc: 'ZZ' }));
  const daemon = await start();
  while (!lines.some((line) => line.includes('row stored'))) await sleep(10);
  // Sweeps find both again, and again.
  while (refusals < 8) await sleep(10);
  t.equal(pending().length, 2);
  t.equal(lines.filter((line) => line.startsWith('<3>')).length, 1, 'one line for the outage');
  t.equal(lines.filter((line) => line.includes('row stored')).length, 1);
  refuses = false;
  await drained();
  await daemon.close();
  t.equal((await rows('1')).length, 1);
});

t.test('ClickHouse down: pending grows, memory does not; back: everything drains', async (t) => {
  const { start, accept, drained, rows, pending, lines, metrics } = await setUp(t, {
    toml: { flush_rows: 50 },
  });
  const daemon = await start();
  await accept(post({}));
  await drained();
  await server.kill();
  await accept(post({ input: 'first' }));
  const severalFailures = /ooni_fastpath_insert_failures_total ([3-9]|\d\d)/;
  while (!severalFailures.test(await metrics.registry.metrics())) await sleep(20);
  const errors = lines.filter((line) => line.startsWith('<3>'));
  t.equal(errors.length, 1, 'one line for the outage');
  t.match(errors[0], '<3>cannot write to ClickHouse');
  for (let index = 1; index < 300; index++) await accept(post({ input: `${index}` }));
  t.equal(pending().length, 300, 'nothing left pending/ unconfirmed');
  t.match(daemon.status(), /ClickHouse does not take rows/);
  await server.start();
  await drained();
  t.equal((await rows('1')).length, 301);
  await daemon.close();
});

t.test('a page with 200 in place of an answer: nothing leaves pending/', async (t) => {
  const proxy = await startTamperingProxy(t, server.url, true);
  proxy.tamper = 'page';
  const { start, accept, drained, rows, pending, lines, metrics } = await setUp(t, {
    url: proxy.url,
  });
  for (let index = 0; index < 25; index++) await accept(post({ input: `${index}` }));
  const daemon = await start();
  while (proxy.tampered < 3) await sleep(10);
  t.equal(pending().length, 25);
  t.strictSame(daemon.errors(), ['clickhouse_error']);
  t.match(
    lines.find((line) => line.startsWith('<3>')),
    /cannot write to ClickHouse: .*not ClickHouse's: it has no X-ClickHouse-Query-Id .*text\/html/,
  );
  t.match(await metrics.registry.metrics(), /ooni_fastpath_insert_failures_total [1-9]/);
  proxy.tamper = 'pass';
  await drained();
  await daemon.close();
  t.equal((await rows('1')).length, 25);
});

t.test('no score without fingerprints: scoring begins when ClickHouse answers', async (t) => {
  const { start, accept, drained, rows, pending, lines } = await setUp(t);
  await server.kill();
  const daemon = await start();
  await accept(post({}));
  while (!lines.some((line) => line.startsWith('<3>cannot read fingerprints'))) await sleep(20);
  t.equal(pending().length, 1);
  await server.start();
  await drained();
  t.equal((await rows('1')).length, 1);
  await daemon.close();
});
