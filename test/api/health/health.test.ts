/**
 * What /health tells, of a service that something is wrong with.
 *
 * Covers src/api/health/healthWatch.ts.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type HealthParts, makeHealth } from '../../../src/api/health/health.ts';
import { healthText, watchHealth } from '../../../src/api/health/healthWatch.ts';
import type { ClockFault } from '../../../src/api/microsecondClock.ts';
import type { HealthError } from '../../../src/core/health/troubles.ts';
import { NoRoom } from '../../../src/edge/spool/freeSpace.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';
import { makeLog } from '../../../src/log/log.ts';
import { ask, CONTENT, post, startService } from '../support.ts';

/** Parts that are well; a server that answers. */
async function wellParts(t: { testdir(): string }) {
  const { dir } = await openSpool(t.testdir());
  const state = {
    fault: undefined as ClockFault | undefined,
    room: true,
    answers: true,
    fails: false,
  };
  let query: () => Promise<{ text(): Promise<string> }> = async () => ({ text: async () => '' });
  const parts: HealthParts = {
    spoolDir: dir,
    freeSpace: {
      require: async () => {
        if (!state.room) throw new NoRoom('none');
      },
    },
    clock: { fault: () => state.fault },
    hints: {
      get answers() {
        return state.answers;
      },
    },
    client: { query: () => query() } as unknown as HealthParts['client'],
    storingFails: () => state.fails,
  };
  return {
    dir,
    parts,
    state,
    answerWith(answer: typeof query) {
      query = answer;
    },
  };
}

t.test('each thing that can be wrong is told', async (t) => {
  type Well = Awaited<ReturnType<typeof wellParts>>;
  const cases: [string, (well: Well) => void, HealthError[]][] = [
    ['nothing', () => {}, []],
    ['1970', ({ state }) => (state.fault = 'clock_out_of_range'), ['clock_out_of_range']],
    ['set back', ({ state }) => (state.fault = 'clock_stepped_back'), ['clock_stepped_back']],
    ['no room', ({ state }) => (state.room = false), ['spool_full']],
    ['refused lately', ({ state }) => (state.fails = true), ['spool_error']],
    [
      'no incoming/',
      ({ dir }) => rmSync(join(dir, 'incoming'), { recursive: true }),
      ['spool_error'],
    ],
    [
      'no pending/',
      ({ dir }) => rmSync(join(dir, 'pending'), { recursive: true }),
      ['spool_error'],
    ],
    ['fastpath', ({ state }) => (state.answers = false), ['fastpath_connection_error']],
    [
      'ClickHouse refuses',
      (well) => well.answerWith(() => Promise.reject(new Error('no'))),
      ['clickhouse_error'],
    ],
    [
      'ClickHouse breaks off',
      (well) => well.answerWith(async () => ({ text: () => Promise.reject(new Error('no')) })),
      ['clickhouse_error'],
    ],
    [
      'ClickHouse hangs',
      (well) => well.answerWith(() => new Promise(() => {})),
      ['clickhouse_error'],
    ],
    [
      'several',
      ({ state }) => Object.assign(state, { answers: false, room: false, fails: true }),
      ['spool_full', 'spool_error', 'fastpath_connection_error'],
    ],
  ];
  for (const [name, change, expected] of cases) {
    const well = await wellParts(t);
    change(well);
    t.strictSame(await makeHealth(well.parts).errors(), expected, name);
  }
});

t.test('who asks often is told the same, until it is a second old', async (t) => {
  const { parts, answerWith } = await wellParts(t);
  let asked = 0;
  answerWith(async () => {
    asked++;
    return { text: async () => '' };
  });
  let nowMs = 0;
  const health = makeHealth(parts, () => nowMs);
  await Promise.all(Array.from({ length: 100 }, () => health.errors()));
  t.equal(asked, 1);
  nowMs = 1_000;
  await health.errors();
  t.equal(asked, 2);
});

t.test('one line when something goes wrong, and one when it is right again', async (t) => {
  const lines: string[] = [];
  let errors: HealthError[] = [];
  const watch = watchHealth(
    { errors: async () => errors },
    makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) }),
  );
  for (const now of [
    [],
    ['clock_stepped_back'],
    ['clock_stepped_back', 'clickhouse_error'],
    ['clickhouse_error'],
    ['clickhouse_error'],
    [],
  ] as HealthError[][]) {
    errors = now;
    await watch.look();
    t.strictSame(watch.errors, now);
  }
  t.equal(lines.length, 4);
  t.match(lines[0], /^err: the clock was set back.*timedatectl.* health=clock_stepped_back\n/);
  t.match(lines[1], /^warning: ClickHouse does not answer/);
  t.match(lines[2], /^well again health=clock_stepped_back/);
  t.match(lines[3], /^well again health=clickhouse_error/);
  t.equal(healthText([]), '');
  t.match(healthText(['spool_full', 'clickhouse_error']), /^no room.*; ClickHouse/);
});

t.test('a service that refuses submissions says so, and lives', async (t) => {
  const full = await startService(t, { config: { min_free_bytes: 1_125_899_906_842_624 } });
  const submission = { format: 'json', content: JSON.stringify(CONTENT) };
  t.equal((await post(`${full.url}/api/v1/submit_measurement`, submission)).status, 503);
  const health = await ask(`${full.url}/health`);
  t.equal(health.status, 503);
  t.equal(health.json.status, 'fail');
  t.ok(health.json.errors.includes('spool_full'));
  t.equal((await ask(`${full.url}/live`)).status, 200);

  const broken = await startService(t);
  rmSync(join(broken.spoolDir, 'pending'), { recursive: true });
  t.equal((await post(`${broken.url}/api/v1/submit_measurement`, submission)).status, 503);
  t.ok((await ask(`${broken.url}/health`)).json.errors.includes('spool_error'));
  t.equal((await ask(`${broken.url}/live`)).status, 200);
});
