/**
 * kill -9 of the uploader after every step and at random moments, against a real store and the real
 * engine: each measurement ends in one line of one object, in one row and one leaf, and the objects
 * are the same bytes as without any kill. Whatever checkpoint was seen in between, the log continues it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { TEMPORARY } from '../../src/edge/spool/quarantine.ts';
import { type StoreKind, startStores } from '../edge/objects/stores.ts';
import { bundle } from '../support/bundle.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import {
  filesBelow,
  fillSpool,
  type Host,
  jsonlRows,
  makeDatabase,
  makeHost,
  objectsOf,
  publishedLines,
  readLog,
  sampleContent,
  sampleLine,
  watchLog,
} from './fixture.ts';
import { runToEnd } from './killed.ts';

/** Cases at once; each has a database of its own. */
const LANES = 2;

const dir = t.testdir();
const program = bundle(new URL('killable.ts', import.meta.url));
/** Random kills come up to so long after a step: several steps are done in that time. */
const RANDOM_MS = 20;

/** A small generator for each case, so that a failing one can be run again. */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
}

/** What is in the spool, and where to kill. */
export interface KillPlan {
  readonly kind: StoreKind['kind'];
  readonly canMaxBytes: number;
  /** Bytes of each measurement of the first folder; that of the second has three small ones. */
  readonly bodies: readonly number[];
  /** Objects that come of it. */
  readonly objects: number;
  /** After which steps of a run: all that this holds for. */
  readonly killAfter: (step: string, number: number) => boolean;
  /** At any moment: after a step taken at random, while the next ones are under way. */
  readonly randomKills: number;
  /** Uploads in parts, which the process is killed between too. */
  readonly parts?: boolean;
}

/** One folder of large bodies, one of small ones with a line that could not be parsed. */
async function makeKilledHost(
  plan: KillPlan,
  name: string,
  kind: StoreKind,
  clickhouseUrl: string,
  database: string,
): Promise<Host> {
  const hostDir = join(dir, name);
  mkdirSync(hostDir);
  const { canMaxBytes } = plan;
  const options = { database, canMaxBytes, memberBytes: 16_384 };
  const host = await makeHost(hostDir, kind, clickhouseUrl, options);
  fillSpool(
    host,
    plan.bodies.map((bytes, at) => sampleContent(at, bytes)),
  );
  fillSpool(host, [sampleContent(100), 'no JSON', sampleContent(101)], { test: 'tor' });
  return host;
}

const linesOf = (plan: KillPlan) => [
  ...plan.bodies.map((bytes, at) => sampleLine(at, bytes)),
  ...[sampleLine(100), '{}', sampleLine(101)],
];

/** What the world sees in the end, to be the same whatever happened. */
async function outcome(host: Host): Promise<unknown> {
  const objects = [...(await objectsOf(host.store, 'raw/'))];
  const rows = await jsonlRows(host);
  const leaves = await readLog(host);
  return {
    objects: objects.map(
      ([key, bytes]) => `${key} ${createHash('sha256').update(bytes).digest('hex')}`,
    ),
    lines: (await publishedLines(host.store)).map(({ text }) => text).sort(),
    rows,
    leaves: leaves.map((leaf) => JSON.stringify(leaf)).sort(),
    spool: [
      ...filesBelow(join(host.spoolDir, 'incoming')),
      ...filesBelow(join(host.spoolDir, 'outgoing')),
    ],
    // What a killed process was writing is taken away a day later (quarantineAge.ts).
    quarantine: filesBelow(join(host.spoolDir, 'quarantine'))
      .filter((file) => !TEMPORARY.test(basename(file)))
      .sort(),
  };
}

/** How long is no matter; a machine may be as busy as it likes. */
const TIMEOUT_MS = 1_200_000;

export function killTest(plan: KillPlan): void {
  t.test(`${plan.kind}: nothing lost, nothing twice`, { timeout: TIMEOUT_MS }, (t) =>
    killAtEachStep(t, plan),
  );
}

async function killAtEachStep(t: Test, plan: KillPlan) {
  const clickhouse = await startClickHouse();
  const stores = await startStores();
  t.teardown(async () => {
    await stores.stop();
    await clickhouse.stop();
  });
  const kind = stores.kinds.find(({ kind }) => kind === plan.kind)!;
  const newHost = (name: string, database: string) =>
    makeKilledHost(plan, name, kind, clickhouse.url, database);
  const databases = await Promise.all(
    Array.from({ length: LANES }, () => makeDatabase(clickhouse.url)),
  );
  const undisturbed = await newHost('reference', databases[0]!);
  /** Kills itself after its n-th step (0: never), or is killed. */
  const run = (host: Host, step: number, killAfter?: { steps: number; ms: number }) =>
    runToEnd(program, [host.configFile, String(step), ...(plan.parts ? ['parts'] : [])], killAfter);
  const startedMs = Date.now();
  const reference = await run(undisturbed, 0);
  const runMs = Date.now() - startedMs;
  t.equal(reference.code, 0, reference.errors);
  const expected = (await outcome(undisturbed)) as Record<string, unknown[]>;
  const lines = linesOf(plan);
  t.same(expected.lines, [...lines].sort());
  t.equal(expected.objects!.length, plan.objects);
  t.equal(expected.rows!.length, lines.length - 1, 'no row for the {} line');
  t.equal(expected.leaves!.length, lines.length);
  t.same(expected.spool, ['lock']);
  await clear(undisturbed);

  const random = generator(20261124);
  const cases: { name: string; step: number; killAfter?: { steps: number; ms: number } }[] = [];
  for (const [at, step] of reference.steps.entries())
    if (plan.killAfter(step, at)) cases.push({ name: `step ${at + 1}, ${step}`, step: at + 1 });
  for (let at = 0; at < plan.randomKills; at++) {
    const steps = random(reference.steps.length);
    const ms = random(steps === 0 ? runMs : RANDOM_MS);
    cases.push({ name: `random ${at}`, step: 0, killAfter: { steps, ms } });
  }
  t.ok(cases.length > 0);

  let kills = 0;
  const failed: string[] = [];
  const next = cases[Symbol.iterator]();
  const lane = async (database: string) => {
    for (const { name, step, killAfter } of { [Symbol.iterator]: () => next }) {
      const random = generator(20261124 + cases.findIndex((one) => one.name === name));
      const host = await newHost(name.replace(/\W+/g, '-'), database);
      const log = watchLog(host);
      let ended = await run(host, step, killAfter);
      for (let tries = 0; ended.code !== 0 && tries < 30; tries++) {
        if (ended.code !== null) failed.push(`${name}: exit code ${ended.code}: ${ended.errors}`);
        kills++;
        await log.look();
        // The next run may be killed too, and may find its state gone.
        if (random(4) === 0) rmSync(host.stateDir, { recursive: true, force: true });
        ended = await run(host, random(3) === 0 ? 1 + random(20) : 0);
      }
      for (const fork of await log.forks()) failed.push(`${name}: ${fork}`);
      const found = await outcome(host);
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        failed.push(name);
        t.same(found, expected, name);
      }
      await clear(host);
    }
  };
  await Promise.all(databases.map(lane));
  t.same(failed, []);
  t.comment(`${cases.length} cases, ${kills} kills`);
  t.ok(kills > cases.length / 2, `${kills} kills`);
}

async function clear(host: Host): Promise<void> {
  for (const table of ['jsonl', 'archive_log'])
    await host.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
  await host.close();
  rmSync(host.dir, { recursive: true, force: true });
}
