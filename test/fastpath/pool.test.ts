import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { makePool, TASKS_PER_THREAD } from '../../src/fastpath/pool.ts';
import { sourceThread } from '../support/sourceThread.ts';

/** Whole lists of tasks go to threads that do what a measurement's name says: the pool must survive each. */
const taskThread = () =>
  sourceThread(new URL('../support/taskThread.ts', import.meta.url), {
    workerData: {},
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
const brokenThread = () => new Worker('throw new Error("broken")', { eval: true });

function setUp(threads: number, measurementTimeoutMs = 60_000, brokenStarts = 0) {
  const scored: string[] = [];
  const fatal = new Map<string, string>();
  const startFailures: string[] = [];
  const sets: number[] = [];
  let changed = () => {};
  const alive = { now: 0, most: 0 };
  let stuck = 0;
  const pool = makePool({
    threads,
    startThread: () => {
      alive.most = Math.max(alive.most, ++alive.now);
      const thread = brokenStarts-- > 0 ? brokenThread() : taskThread();
      return thread.on('exit', () => alive.now--);
    },
    measurementTimeoutMs,
    onScored: ({ uid, sizeBytes }) => {
      scored.push(uid);
      sets.push(sizeBytes);
      changed();
    },
    onFatal: (uid, reason) => {
      fatal.set(uid, reason);
      changed();
    },
    onStartFailed: (reason) => void startFailures.push(reason),
    onStuck: () => void stuck++,
    stuckAfterMs: 200,
    onRoom: () => changed(),
  });
  /** Scores all, as there is room, and resolves when each was answered. */
  const run = async (uids: readonly string[]) => {
    const waiting = [...uids];
    const goal = scored.length + fatal.size + uids.length;
    while (scored.length + fatal.size < goal) {
      const room = Math.max(0, pool.room());
      if (room > 0) pool.score(waiting.splice(0, room).map((uid) => ({ uid, file: uid })));
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  return { pool, scored, fatal, startFailures, sets, run, alive, stuck: () => stuck };
}

const good = (count: number) => Array.from({ length: count }, (_, index) => `good${index}`);

t.test('every task is answered once', async (t) => {
  const { pool, scored, run } = setUp(2);
  t.equal(pool.room(), 0, 'no room before the threads are ready');
  await run(good(50));
  t.strictSame(scored.toSorted(), good(50).toSorted());
  // One thread may have done all of it before the other was ready.
  while (pool.room() < 2 * TASKS_PER_THREAD) await sleep(5);
  await pool.close();
});

for (const [kind, reason] of [
  ['crash', /the scoring thread died: out of order/],
  ['memory', /the scoring thread died: .*memory/i],
  ['exit', /the scoring thread ended with code 3/],
  ['loop', /scoring took longer than 3000 ms/],
  ['answer', /the scoring thread died/],
] as const) {
  t.test(`${kind}: costs that measurement, and no other`, async (t) => {
    const { pool, scored, fatal, run } = setUp(1, kind === 'loop' ? 3000 : 60_000);
    const uids = ['good0', `${kind}1`, 'good1', 'good2', `${kind}2`, 'good3'];
    await run(uids);
    t.strictSame(scored, ['good0', 'good1', 'good2', 'good3']);
    t.strictSame([...fatal.keys()], [`${kind}1`, `${kind}2`]);
    for (const text of fatal.values()) t.match(text, reason);
    t.equal(pool.room(), TASKS_PER_THREAD);
    await pool.close();
  });
}

t.test('a new fingerprint set reaches all threads, and those that come later', async (t) => {
  const { pool, sets, fatal, run } = setUp(1);
  const fingerprint = {
    name: 'n',
    scope: 'nat',
    locationFound: 'dns',
    patternType: 'full',
    pattern: 'p',
    confidenceNoFp: 5,
    expectedCountries: [],
  };
  await run(['good0']);
  pool.setFingerprints({ dns: [fingerprint], http: [] });
  await run(['good1', 'crash1', 'good2']);
  t.equal(fatal.size, 1);
  t.strictSame(sets, [0, 1, 1]);
  await pool.close();
});

t.test('a thread that does not start costs no measurement', async (t) => {
  const { pool, scored, fatal, startFailures, run } = setUp(1, 60_000, 2);
  await run(good(3));
  t.strictSame(scored, good(3));
  t.equal(fatal.size, 0);
  t.equal(startFailures.length, 2);
  await pool.close();
});

/** A measurement at which a thread stands until it is let go, or the test ends. */
function stuckTask(t: Test) {
  const file = join(t.testdir({ held: '' }), 'held');
  return { uid: `stuck ${file}`, letGo: () => rmSync(file) };
}

t.test('a thread that cannot be stopped gets no successor beside it', async (t) => {
  const { pool, scored, fatal, run, alive, stuck } = setUp(1, 200);
  const { uid, letGo } = stuckTask(t);
  const done = run([uid, ...good(3)]);
  while (stuck() === 0) await sleep(5);
  t.strictSame([...fatal.keys()], [uid]);
  t.strictSame(scored, []);
  letGo();
  await done;
  t.strictSame(scored, good(3), 'what waited behind it is scored after all');
  t.equal(alive.most, 1);
  t.equal(stuck(), 1, 'and as there is no other thread, the pool says so');
  await pool.close();
});

t.test('while one thread cannot be stopped, the other one goes on', async (t) => {
  const { pool, scored, fatal, run, alive, stuck } = setUp(2, 200);
  while (pool.room() < 2 * TASKS_PER_THREAD) await sleep(5);
  const { uid, letGo } = stuckTask(t);
  const done = run([uid, ...good(6)]);
  while (fatal.size === 0 || scored.length < 6) await sleep(5);
  letGo();
  await done;
  t.strictSame([...fatal.keys()], [uid]);
  t.strictSame(scored.toSorted(), good(6));
  t.equal(alive.most, 2);
  t.equal(stuck(), 0);
  await pool.close();
});

t.test('a process that stood still blames no measurement', async (t) => {
  const { pool, scored, fatal, run } = setUp(1, 2_000);
  await run(['good0']);
  // The answer comes 2,700 ms after the start, of which this thread sees the last 200.
  const done = run(['slow0']);
  await sleep(50);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  await done;
  t.strictSame([scored, [...fatal]], [['good0', 'slow0'], []]);
  await pool.close();
});

t.test(
  'of a whole list, what the thread died of is found, and the others are answered once',
  async (t) => {
    const { pool, scored, fatal, run, alive } = setUp(1);
    while (pool.room() < TASKS_PER_THREAD) await sleep(5);
    const others = good(TASKS_PER_THREAD - 3);
    await run([...others.slice(0, 20), 'crash', 'answer', 'exit', ...others.slice(20)]);
    t.strictSame(scored, others);
    t.strictSame([...fatal.keys()].toSorted(), ['answer', 'crash', 'exit']);
    t.equal(alive.most, 1);
    await pool.close();
  },
);

t.test('time that the disk takes is not counted', async (t) => {
  const { pool, scored, fatal, run } = setUp(1, 400);
  await run(['disk0', 'disk1']);
  t.strictSame([scored, [...fatal]], [['disk0', 'disk1'], []]);
  await pool.close();
});

t.test('more than there is room for waits for its turn', async (t) => {
  const { pool, scored, run } = setUp(2);
  const early = good(3).map((uid) => `early ${uid}`);
  pool.score(early.map((uid) => ({ uid, file: uid })));
  t.equal(pool.room(), -3);
  await run(good(10));
  while (scored.length < 13) await sleep(5);
  t.strictSame(scored.toSorted(), [...early, ...good(10)].toSorted());
  await pool.close();
});
