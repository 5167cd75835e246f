/**
 * kill -9 of a removal after every step, on S3 and in a folder: asked for again, it ends as if it had
 * never been killed, and is declared once.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type StoreKind, startStores } from '../edge/objects/stores.ts';
import { bundle } from '../support/bundle.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import {
  filesBelow,
  fillSpool,
  type Host,
  makeDatabase,
  makeHost,
  objectsOf,
  readLog,
  type Sample,
  sampleContent,
  watchLog,
} from './fixture.ts';
import { runToEnd } from './killed.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const root = t.testdir();
/** How long is no matter; a machine may be as busy as it likes. */
const TIMEOUT_MS = 1_200_000;
const program = bundle(new URL('removable.ts', import.meta.url));

const runOnce = (host: Host, uids: readonly string[], killAtStep: number) =>
  runToEnd(program, [host.configFile, String(killAtStep), ...uids]);

/** Two cans, three bodies to remove: two of one can, one of the other. */
async function publish(name: string, kind: StoreKind, database: string) {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  const host = await makeHost(dir, kind, clickhouse.url, { database });
  const first = fillSpool(
    host,
    Array.from({ length: 6 }, (_, at) => sampleContent(at, 2_000)),
  );
  const second = fillSpool(host, [sampleContent(10), 'no JSON'], { test: 'tor' });
  await host.clickhouse.insert({
    table: 'fastpath',
    values: [...first, ...second].map(({ uid }) => ({ measurement_uid: uid })),
    format: 'JSONEachRow',
  });
  await host.run();
  return { host, uids: [first[1]!, first[4]!, second[1]!].map(({ uid }: Sample) => uid) };
}

/** What the world sees, but for the time at which the removal was asked for. */
async function outcome(host: Host) {
  const rows = async (table: string, columns: string) => {
    const answer = await host.clickhouse.query({
      query: `SELECT ${columns} FROM ${table} FINAL ORDER BY measurement_uid`,
      format: 'JSONEachRow',
    });
    return answer.json();
  };
  const objects = await objectsOf(host.store, 'raw/');
  const records = await objectsOf(host.store, 'log/n1/removal/');
  return {
    objects: [...objects].map(([key, bytes]) => `${key} ${bytes.toString('base64')}`),
    records: [...records].map(([key, bytes]) => `${key} ${String(bytes).split(',"reason"')[0]}`),
    rows: await rows('jsonl', '*'),
    scored: await rows('fastpath', 'measurement_uid'),
    log: (await readLog(host)).map((leaf) => JSON.stringify({ ...leaf, time: '' })),
    spool: ['incoming', 'pending', 'quarantine'].flatMap((name) =>
      filesBelow(join(host.spoolDir, name)),
    ),
    plans: filesBelow(join(host.stateDir, 'removals')),
  };
}

async function clear(host: Host) {
  for (const table of ['jsonl', 'archive_log', 'fastpath'])
    await host.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
  await host.close();
  rmSync(host.dir, { recursive: true, force: true });
}

for (const kind of stores.kinds)
  t.test(`in ${kind.kind}`, { timeout: TIMEOUT_MS }, async (t) => {
    const database = await makeDatabase(clickhouse.url);
    const reference = await publish(`${kind.kind}-reference`, kind, database);
    const whole = await runOnce(reference.host, reference.uids, 0);
    t.equal(whole.code, 0, whole.errors);
    const expected = await outcome(reference.host);
    await clear(reference.host);
    t.equal(expected.log.length, 8 + 3);
    t.equal(expected.records.length, 3);
    t.equal(expected.rows.length, 5);
    t.equal(expected.scored.length, 5);
    t.same(expected.plans, []);
    for (const step of ['planned', 'record-published', 'jsonl-replaced', 'rows-deleted'])
      t.ok(whole.steps.includes(step), step);

    const failed: string[] = [];
    for (let step = 1; step <= whole.steps.length; step++) {
      const name = `step ${step}, ${whole.steps[step - 1]}`;
      const { host, uids } = await publish(`${kind.kind}-${step}`, kind, database);
      const log = watchLog(host);
      await log.look();
      const killed = await runOnce(host, uids, step);
      await log.look();
      if (killed.code !== null) failed.push(`${name}: was not killed`);
      // Killed a second time while it goes on, every other time; then asked for again, in full.
      if (step % 2 === 0) await runOnce(host, uids, 1 + (step % 5));
      await log.look();
      const again = await runOnce(host, uids, 0);
      if (again.code !== 0) failed.push(`${name}: ${again.errors}`);
      for (const fork of await log.forks()) failed.push(`${name}: ${fork}`);
      const found = await outcome(host);
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        failed.push(name);
        t.same(found, expected, name);
      }
      await clear(host);
    }
    t.same(failed, []);
    t.comment(`${whole.steps.length} kills`);
  });

t.test('the hourly run comes between a kill and the rest', { timeout: TIMEOUT_MS }, async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const database = await makeDatabase(clickhouse.url);
  const { host, uids } = await publish('between', kind, database);
  const { steps } = await runOnce(host, uids, 0);
  await clear(host);
  for (const step of ['planned', 'record-published', 'removal-logged', 'tar-replaced']) {
    const { host, uids } = await publish(`between-${step}`, kind, database);
    const log = watchLog(host);
    await runOnce(host, uids, steps.indexOf(step) + 1);
    await log.look();
    fillSpool(host, [sampleContent(77), sampleContent(78)], { test: 'dash' });
    await host.run();
    await log.look();
    // Without a uid: only what was begun.
    t.equal((await runOnce(host, [], 0)).code, 0, step);
    await runOnce(host, uids, 0);
    const leaves = await readLog(host);
    t.equal(leaves.filter(({ kind }) => kind === 'removed').length, 3, `${step}: declared once`);
    t.equal(leaves.filter(({ kind }) => kind === 'published').length, 10, `${step}: no leaf lost`);
    t.same(await log.forks(), [], `${step}: no fork`);
    await clear(host);
  }
});
