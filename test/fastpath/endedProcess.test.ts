/**
 * A process that ends without being stopped, again and again: one measurement never stops the others, and none that did
 * nothing is blamed. With the real program, its threads and the real engine.
 *
 * Covers src/edge/systemd/runtimeFolder.ts.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../src/core/measurement/measurementUid.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { openSpool } from '../../src/edge/spool/spool.ts';
import { runtimeFolder } from '../../src/edge/systemd/runtimeFolder.ts';
import { bundle } from '../support/bundle.ts';
import { PROGRAM_USER, startClickHouse } from '../support/clickhouse.ts';
import { freePort } from '../support/ports.ts';
import { measurement, post } from './replay/archive.ts';

const program = bundle(new URL('../../src/fastpath/main.ts', import.meta.url));
const deadlyThreads = fileURLToPath(new URL('../support/deadlyThreads.cjs', import.meta.url));
const server = await startClickHouse();
t.teardown(() => server.stop());
const connect = (database: string, username: string) =>
  openClickHouse({
    url: server.url,
    database,
    username,
    password: '',
    requestTimeoutMs: 60_000,
    application: 'test',
  });

let clockUs = Date.now() * 1000;
let databases = 0;

async function setUp(t: Test) {
  const database = `ooni_ended${databases++}`;
  const admin = connect('default', 'default');
  await migrate(admin, database);
  await admin.close();
  const client = connect(database, PROGRAM_USER);
  t.teardown(() => client.close());
  const dir = mkdtempSync(join(tmpdir(), 'ooni-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const notes = join(dir, 'run');
  mkdirSync(notes);
  const spool = await openSpool(join(dir, 'spool'));
  const file = join(dir, 'fastpath.toml');
  writeFileSync(
    file,
    `spool_dir = "${spool.dir}"\nsocket = "${dir}/s"\nmetrics_listen = "127.0.0.1:${await freePort()}"\nworkers = 2\n` +
      // Nothing that a test holds up is late.
      'measurement_timeout_ms = 600000\nsweep_interval_ms = 200\nflush_after_ms = 20\n' +
      `[clickhouse]\nurl = "${server.url}"\ndatabase = "${database}"\nusername = "${PROGRAM_USER}"\n`,
  );
  const start = (env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [program, '--config', file], {
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: `--require=${deadlyThreads}`,
        RUNTIME_DIRECTORY: notes,
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const run = { child, log: '', signal: undefined as NodeJS.Signals | null | undefined };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      run.log += text;
    });
    const ended = new Promise<void>((resolve) =>
      child.once('close', (_code, signal) => {
        run.signal = signal;
        resolve();
      }),
    );
    t.teardown(() => child.kill('SIGKILL'));
    return Object.assign(run, { ended });
  };
  const accept = async (input: string, padding = 0) => {
    const bytes = Buffer.from(post(measurement({ input, padding: 'x'.repeat(padding) })));
    const uid = parseMeasurementUid(makeMeasurementUid(clockUs++, 'IT', 'ndt', bytes))!;
    await spool.accept(uid, bytes);
    return uid.text;
  };
  const inputs = async () => {
    const result = await client.query({
      query: 'SELECT DISTINCT input FROM fastpath ORDER BY input',
      format: 'JSONEachRow',
    });
    return (await result.json<{ input: string }>()).map(({ input }) => input);
  };
  const pending = () => readdirSync(join(spool.dir, 'pending'));
  const quarantine = () => readdirSync(join(spool.dir, 'quarantine')).sort();
  return { start, accept, inputs, pending, quarantine, notes, spool };
}

t.test('a measurement that ends the process is found, whatever is scored beside it', async (t) => {
  const { start, accept, inputs, pending, quarantine, notes, spool } = await setUp(t);
  const good = Array.from({ length: 150 }, (_, index) => `good ${String(index).padStart(3, '0')}`);
  for (const input of good.slice(0, 75)) await accept(input);
  const deadly = [await accept('ends the process')];
  await accept('large', 4_300_000);
  deadly.push(await accept('ends the process too'));
  for (const input of good.slice(75)) await accept(input);

  const logs: string[] = [];
  for (let deaths = 0; ; deaths++) {
    // One death among others, and two alone; no death is for nothing.
    if (deaths > 3 * deadly.length) throw new Error(`it ends again and again: ${logs.at(-1)}`);
    const run = start();
    while (run.signal === undefined && pending().length > 0) await sleep(20);
    if (run.signal === undefined) run.child.kill('SIGTERM');
    await run.ended;
    logs.push(run.log);
    if (run.signal === null) break;
    t.equal(run.signal, 'SIGSEGV');
  }
  t.strictSame(await inputs(), [...good, 'large']);
  t.strictSame(quarantine(), deadly.flatMap((uid) => [`${uid}.post.gz`, `${uid}.reason`]).sort());
  for (const uid of deadly) {
    t.match(
      readFileSync(join(spool.dir, 'quarantine', `${uid}.reason`), 'utf8'),
      'the process ended 2 times while it was scored',
    );
    const said = logs
      .join('')
      .split('\n')
      .filter((line) => line.includes('ended the process each time'));
    t.ok(said.some((line) => line.includes(uid)));
  }
  t.notMatch(logs[0], 'ended without being stopped');
  t.match(logs[1], /ended without being stopped.* measurements=\d+/);
  t.strictSame(pending(), [], 'no attempt is left in the count');
  t.strictSame(readdirSync(notes), [], 'and no note');
});

t.test('one that was at work when others ended the process is cleared', async (t) => {
  const { start, accept, inputs, pending, quarantine, notes, spool } = await setUp(t);
  const uid = await accept('holds up');
  const attempts = join(spool.dir, 'pending', `${uid}.try`);
  for (const tries of [0, 1]) {
    const run = start({ HOLDS_UP: '' });
    while (!run.log.includes('held up')) await sleep(20);
    t.equal(existsSync(attempts) ? readFileSync(attempts).length : 0, tries);
    run.child.kill('SIGKILL');
    await run.ended;
  }
  // An orderly stop says nothing against it either, nor does it forget it.
  const stopped = start({ HOLDS_UP: '' });
  while (!stopped.log.includes('held up')) await sleep(20);
  stopped.child.kill('SIGTERM');
  await stopped.ended;
  t.equal(stopped.signal, null);
  t.notOk(existsSync(attempts));

  await accept('another one');
  const run = start();
  while (pending().length > 0) await sleep(20);
  run.child.kill('SIGTERM');
  await run.ended;
  t.strictSame(await inputs(), ['another one', 'holds up']);
  t.strictSame(quarantine(), []);
  t.strictSame(readdirSync(notes), []);
});

t.test('the folder that systemd gives', async (t) => {
  t.equal(runtimeFolder({}), undefined);
  t.equal(runtimeFolder({ RUNTIME_DIRECTORY: '' }), undefined);
  t.equal(runtimeFolder({ RUNTIME_DIRECTORY: '/run/a:/run/b' }), '/run/a');
});
