/**
 * The native module with a disk that fails at each of its calls, and with arguments of every kind, under
 * the compiler's checks of memory and of undefined behaviour.
 */
import t from 'tap';
import { runSanitized } from '../../../support/sanitizedModule.ts';
import type { FaultyReport } from './faultyProgram.ts';

const { status, signal, stdout, stderr } = runSanitized(
  new URL('./faultyProgram.ts', import.meta.url),
  ['-include', 'test/edge/spool/deposit/faultyDisk.h'],
);

t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
const report = JSON.parse(stdout) as FaultyReport;

t.test('what a 200 promises is on disk before it is said, in this order', async (t) => {
  t.strictSame(report.calls, [
    'open',
    'seen',
    // claimed, with its folder made
    'symlinkat',
    'mkdirat',
    'symlinkat',
    'readlinkat',
    'readlinkat',
    // incoming/, pending/, the hour's folder made
    'folder',
    'fstat',
    'folder',
    'folder',
    'mkdirat',
    'folder',
    'fstat',
    // whole and durable under a name that no reader looks at
    'create',
    'write',
    'write',
    'write',
    'fdatasync',
    'fstat',
    'close',
    // named
    'linkat',
    'linkat',
    'unlinkat',
    // the names durable
    'fsync',
    'fsync',
    'fsync',
    'fstatat',
    // remembered
    'readlinkat',
    'utimensat',
    'close',
    'close',
    'close',
    'close',
    'close',
  ]);
});

/** Calls whose failing costs no measurement: the memory's, and what is only tidied up. */
const HARMLESS = new Set(['seen', 'symlinkat', 'share', 'readlinkat', 'utimensat', 'unlinkat']);

t.test('each call that fails: stored whole, or refused and nothing left', async (t) => {
  const fileClosed = report.calls.indexOf('close');
  const hourMade = report.calls.indexOf('mkdirat', report.calls.indexOf('folder'));
  for (const [at, outcome] of report.failing.entries()) {
    const { call } = outcome;
    const harmless =
      HARMLESS.has(call) ||
      (call === 'close' && at !== fileClosed) ||
      (call === 'mkdirat' && at !== hourMade);
    const refused = call === 'fstatat' ? 'OONI_FOREIGN' : 'EIO';
    t.match(
      outcome,
      { result: harmless ? 'stored' : refused, wrong: [] },
      `call ${at + 1}, ${call}`,
    );
    // A measurement that is not remembered may be stored a second time, under another uid: never lost.
    t.ok(['stored', 'seen', 'uid_taken'].includes(outcome.again), `${call}: ${outcome.again}`);
    if (!harmless) t.equal(outcome.again, 'stored', `${call}: it is taken when it comes again`);
  }
});

t.test('of a batch, each is durable under no name before any has its names', async (t) => {
  const { batchCalls } = report;
  const steps = batchCalls.slice(
    batchCalls.indexOf('create'),
    batchCalls.lastIndexOf('fstatat') + 1,
  );
  const ofEach = (...calls: string[]) => [...calls, ...calls, ...calls];
  t.strictSame(steps, [
    ...ofEach('create', 'write', 'sync_file_range'),
    ...ofEach('fdatasync', 'fstat', 'close'),
    ...ofEach('linkat', 'linkat', 'unlinkat'),
    // of two hours, pending/, incoming/
    'fsync',
    'fsync',
    'fsync',
    'fsync',
    'fstatat',
    'fstatat',
  ]);
  const count = (call: string) => batchCalls.filter((name) => name === call).length;
  // The folder of the day is missing for the first one alone. The second shares its link.
  t.strictSame([count('symlinkat'), count('share'), count('utimensat')], [3, 1, 2]);
  t.ok(batchCalls.lastIndexOf('symlinkat') < batchCalls.indexOf('create'));
  t.ok(batchCalls.indexOf('utimensat') > batchCalls.indexOf('fstatat'));
});

/**
 * How many fall out with each call that a batch makes for several, in their order: all three with the spool's own
 * folders; with those of the hours, first the two of one and then the one of the other. Any other call is of one.
 */
const FALLING_OUT: Readonly<Record<string, readonly number[]>> = {
  open: [3],
  // incoming/, pending/; of each hour twice, since it is missing at first
  folder: [3, 3, 2, 2, 1, 1],
  mkdirat: [2, 1],
  fstat: [3, 2, 1],
  fsync: [2, 1, 3, 3],
  fstatat: [2, 1],
};

t.test('each call that fails in a batch: the others are stored', async (t) => {
  const { batchCalls, batchFailing } = report;
  const firstOpened = batchCalls.indexOf('folder');
  const lastClosed = batchCalls.indexOf('linkat');
  for (const [at, { call, outcomes, names, broken, left }] of batchFailing.entries()) {
    const what = `call ${at + 1}, ${call}`;
    t.strictSame(broken, [], what);
    t.strictSame(
      names,
      outcomes.map((outcome) => (outcome === 'stored' ? 2 : 0)),
      what,
    );
    const failed = outcomes.filter((outcome) => outcome !== 'stored').length;
    const isHarmless =
      HARMLESS.has(call) ||
      call === 'sync_file_range' ||
      (call === 'close' && at > lastClosed) ||
      (call === 'mkdirat' && (at < firstOpened || at > lastClosed));
    const earlier = batchCalls.slice(call === 'mkdirat' ? firstOpened : 0, at);
    const turn = earlier.filter((name) => name === call).length;
    t.equal(failed, isHarmless ? 0 : (FALLING_OUT[call]?.[turn] ?? 1), what);
    if (!HARMLESS.has(call) && call !== 'mkdirat') t.strictSame(left, [], what);
  }
});

t.test(
  'the machine stops at any call of a batch: nothing that is looked at is broken',
  async (t) => {
    const { batchCalls, batchDown } = report;
    const firstNamed = batchCalls.indexOf('linkat');
    const synced = batchCalls.indexOf('fstatat');
    const allSynced = batchCalls.lastIndexOf('fstatat');
    for (const [at, { call, outcomes, names, broken }] of batchDown.entries()) {
      const what = `from call ${at + 1}, ${call}`;
      t.strictSame(broken, [], what);
      if (at <= firstNamed) t.strictSame(names, [0, 0, 0], what);
      t.equal(
        outcomes.every((outcome) => outcome === 'stored'),
        at > allSynced,
        what,
      );
      t.equal(outcomes.includes('stored'), at > synced, what);
    }
  },
);

t.test(
  'one that was not stored is never answered as a repetition, whoever shares its link',
  async (t) => {
    const { batchTaken } = report;
    t.equal(batchTaken.length, 5);
    for (const { outcomes, remembered } of batchTaken) {
      t.strictSame(outcomes, ['stored', 'uid_taken', 'stored']);
      t.strictSame(remembered.slice(1), [false, true]);
    }
    // The name of the second stays on the link when the disk refuses to take it away: then nothing may be said of that.
    t.equal(batchTaken.filter(({ remembered }) => !remembered[0]).length, 1);
  },
);

t.test('a call that a signal interrupts is made again', async (t) => {
  const again = new Set(['folder', 'create', 'write', 'fdatasync', 'fsync', 'close']);
  for (const { call, result, memoryFaults, wrong } of report.interrupted) {
    t.strictSame(wrong, [], call);
    if (again.has(call))
      t.strictSame({ result, memoryFaults }, { result: 'stored', memoryFaults: 0 }, call);
  }
});

t.test('arguments of every kind are answered or refused', async (t) => {
  t.equal(report.arguments, 1_000);
  t.strictSame(report.unanswered, []);
});
