import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { makePool } from '../../src/fastpath/pool.ts';

// A thread that does what the measurement's name says: the pool must survive each.
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  let generation = 0;
  parentPort.on('message', (message) => {
    if (message.kind === 'fingerprints') { generation = message.dns.length; return; }
    parentPort.postMessage({ kind: 'began', uid: message.uid });
    // Nothing interrupts a thread that waits for a process.
    if (message.uid.startsWith('stuck')) require('node:child_process').spawnSync('sleep', ['2']);
    if (message.uid.startsWith('slow')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_700);
    if (message.uid.startsWith('loop')) for (;;);
    if (message.uid.startsWith('crash')) throw new Error('out of order');
    if (message.uid.startsWith('exit')) process.exit(3);
    if (message.uid.startsWith('memory')) { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }
    parentPort.postMessage({ kind: 'scored', uid: message.uid, scoringMs: 0, sizeBytes: generation, result: { kind: 'gone' } });
  });
  parentPort.postMessage({ kind: 'ready' });
`;

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
      return new Worker(brokenStarts-- > 0 ? 'throw new Error("broken")' : THREAD, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 64 },
      }).on('exit', () => alive.now--);
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
      while (waiting.length > 0 && pool.room() > 0) {
        const uid = waiting.shift()!;
        pool.score({ uid, file: uid });
      }
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
  while (pool.room() < 4) await sleep(5);
  await pool.close();
});

for (const [kind, reason] of [
  ['crash', /the scoring thread died: out of order/],
  ['memory', /the scoring thread died: .*memory/i],
  ['exit', /the scoring thread ended with code 3/],
  ['loop', /scoring took longer than 3000 ms/],
] as const) {
  t.test(`${kind}: costs that measurement, and no other`, async (t) => {
    const { pool, scored, fatal, run } = setUp(1, kind === 'loop' ? 3000 : 60_000);
    const uids = ['good0', `${kind}1`, 'good1', 'good2', `${kind}2`, 'good3'];
    await run(uids);
    t.strictSame(scored, ['good0', 'good1', 'good2', 'good3']);
    t.strictSame([...fatal.keys()], [`${kind}1`, `${kind}2`]);
    for (const text of fatal.values()) t.match(text, reason);
    t.equal(pool.room(), 2);
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

t.test('a thread that cannot be stopped gets no successor beside it', async (t) => {
  const { pool, scored, fatal, run, alive, stuck } = setUp(1, 200);
  await run(['stuck0', ...good(3)]);
  t.strictSame([...fatal.keys()], ['stuck0']);
  t.strictSame(scored, good(3), 'what waited behind it is scored after all');
  t.equal(alive.most, 1);
  t.equal(stuck(), 1, 'and as there is no other thread, the pool says so');
  await pool.close();
});

t.test('while one thread cannot be stopped, the other one goes on', async (t) => {
  const { pool, scored, fatal, run, alive, stuck } = setUp(2, 200);
  while (pool.room() < 4) await sleep(5);
  await run(['stuck0', ...good(6)]);
  t.strictSame([...fatal.keys()], ['stuck0']);
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
