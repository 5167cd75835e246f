/** The states of one place in the pool, with threads that do what the test says. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import t from 'tap';
import { makeProgress, type Phase, setProgress } from '../../src/fastpath/progress.ts';
import { type LostThread, makeThreadSlot } from '../../src/fastpath/threadSlot.ts';

class Thread extends EventEmitter {
  readonly sent: unknown[] = [];
  wasTold = false;
  postMessage(message: unknown) {
    this.sent.push(message);
  }
  terminate() {
    this.wasTold = true;
    return Promise.resolve(1);
  }
  readonly progress = makeProgress();
  ready() {
    this.emit('message', { kind: 'ready', progress: this.progress });
  }
  at(task: number, phase: Phase) {
    setProgress(this.progress, { task, phase });
  }
  answer(...uids: readonly string[]) {
    this.emit('message', { kind: 'scored', answers: uids.map((uid) => ({ uid })) });
  }
}

interface Task {
  readonly uid: string;
  readonly alone?: boolean;
}

function setUp({ measurementTimeoutMs = 60_000, stuckAfterMs = 60_000 } = {}) {
  const threads: Thread[] = [];
  const lost: LostThread<Task>[] = [];
  const events: string[] = [];
  const slot = makeThreadSlot<Task, { readonly uid: string }>({
    startThread: () => {
      const thread = new Thread();
      threads.push(thread);
      return thread as unknown as Worker;
    },
    measurementTimeoutMs,
    tasksPerThread: 4,
    stuckAfterMs,
    onReady: () => void events.push('ready'),
    onScored: (answers) => void events.push(answers.map(({ uid }) => uid).join()),
    onLost: (loss) => {
      lost.push(loss);
      events.push(`lost when ${slot.state}`);
    },
    onStuck: () => void events.push('stuck'),
  });
  const until = async (state: string) => {
    while (slot.state !== state) await sleep(1);
  };
  return { slot, threads, lost, events, until };
}

const ab = [{ uid: 'a' }, { uid: 'b' }];

t.test('ready, tasks in their order, and the answers', async (t) => {
  const { slot, threads, events } = setUp();
  t.equal(slot.state, 'starting');
  threads[0]!.ready();
  t.equal(slot.state, 'ready');
  slot.assign(ab);
  t.equal(slot.taskCount, 2);
  t.strictSame(threads[0]!.sent, [{ kind: 'score', tasks: ab }]);
  threads[0]!.at(0, 'scoring');
  threads[0]!.answer('a');
  t.equal(slot.taskCount, 1);
  t.strictSame(events, ['ready', 'a']);
  await slot.close();
});

t.test('a thread that dies at work is replaced at once', async (t) => {
  const { slot, threads, lost, events } = setUp();
  threads[0]!.ready();
  slot.assign(ab);
  threads[0]!.emit('error', new Error('out of memory'));
  threads[0]!.emit('exit', 1);
  t.strictSame(lost, [
    {
      wasReady: true,
      reason: 'the scoring thread died: out of memory',
      culprit: { uid: 'a' },
      others: [{ uid: 'b' }],
    },
  ]);
  t.strictSame(events, ['ready', 'lost when ending'], 'what it had is not given back to it');
  t.strictSame([slot.state, threads.length, slot.taskCount], ['starting', 2, 0]);
  await slot.close();
});

t.test('a thread that dies before it is ready is tried again after a pause', async (t) => {
  const { slot, threads, lost, until } = setUp();
  threads[0]!.emit('exit', 3);
  t.strictSame([slot.state, threads.length], ['pausing', 1]);
  t.match(lost, [{ wasReady: false, reason: /ended with code 3/, culprit: undefined }]);
  await until('starting');
  t.equal(threads.length, 2);
  await slot.close();
});

t.test(
  'a measurement that takes too long ends the thread, and its answer is too late',
  async (t) => {
    const { slot, threads, lost, events, until } = setUp({ measurementTimeoutMs: 10 });
    threads[0]!.ready();
    slot.assign([{ uid: 'a' }]);
    threads[0]!.at(0, 'scoring');
    await until('ending');
    t.ok(threads[0]!.wasTold);
    t.match(lost, [{ wasReady: true, reason: /longer than 10 ms/, culprit: { uid: 'a' } }]);
    threads[0]!.answer('a');
    t.strictSame(events, ['ready', 'lost when ending']);
    t.equal(threads.length, 1, 'no successor before it has stopped');
    threads[0]!.emit('exit', 1);
    t.strictSame([slot.state, threads.length, lost.length], ['starting', 2, 1]);
    await slot.close();
  },
);

t.test('a thread that does not stop is stuck, until it stops after all', async (t) => {
  const { slot, threads, events, until } = setUp({ measurementTimeoutMs: 10, stuckAfterMs: 10 });
  threads[0]!.ready();
  slot.assign([{ uid: 'a' }]);
  threads[0]!.at(0, 'scoring');
  await until('stuck');
  t.equal(events.at(-1), 'stuck');
  t.equal(threads.length, 1);
  threads[0]!.emit('exit', 1);
  t.equal(slot.state, 'starting');
  await slot.close();
});

t.test('closed: nothing is started or told any more', async (t) => {
  const { slot, threads, events } = setUp();
  threads[0]!.ready();
  slot.assign([{ uid: 'a' }]);
  await slot.close();
  t.ok(threads[0]!.wasTold);
  threads[0]!.answer('a');
  threads[0]!.emit('exit', 1);
  t.strictSame([slot.state, threads.length, events], ['closed', 1, ['ready']]);
});

const abcd = ['a', 'b', 'c', 'd'].map((uid) => ({ uid }));
const uidsOf = ({ culprit, others }: LostThread<Task>) => [
  culprit?.uid,
  others.map(({ uid }) => uid).join(),
];

for (const [name, answers, at, expected] of [
  ['while it reads one', ['a'], [1, 'reading'], ['b', 'c,d']],
  ['while it scores one, others not answered for yet', ['a'], [2, 'scoring'], ['c', 'b,d']],
  [
    'while it answers for several: each of them alone will tell',
    [],
    [1, 'answering'],
    [undefined, 'a,b,c,d'],
  ],
  ['while it answers for one', ['a'], [1, 'answering'], ['b', 'c,d']],
  ['with nothing to do', ['a', 'b', 'c', 'd'], [4, 'reading'], [undefined, '']],
] as const) {
  t.test(`a thread dies ${name}`, async (t) => {
    const { slot, threads, lost } = setUp();
    threads[0]!.ready();
    slot.assign(abcd);
    threads[0]!.answer(...answers);
    threads[0]!.at(at[0], at[1]);
    threads[0]!.emit('exit', 1);
    t.strictSame(lost.map(uidsOf), [expected]);
    await slot.close();
  });
}

t.test('a successor begins to count anew', async (t) => {
  const { slot, threads, lost } = setUp();
  threads[0]!.ready();
  slot.assign(abcd);
  threads[0]!.answer('a', 'b', 'c');
  threads[0]!.at(3, 'scoring');
  threads[0]!.emit('exit', 1);
  threads[1]!.ready();
  slot.assign(ab);
  threads[1]!.at(1, 'scoring');
  threads[1]!.emit('exit', 1);
  t.strictSame(lost.map(uidsOf), [
    ['d', ''],
    ['b', 'a'],
  ]);
  await slot.close();
});

t.test('room: none before it is ready, none behind one that is alone', async (t) => {
  const { slot, threads } = setUp();
  t.equal(slot.room, 0);
  threads[0]!.ready();
  t.equal(slot.room, 4);
  slot.assign(ab);
  t.equal(slot.room, 2);
  slot.assign([{ uid: 'c', alone: true }]);
  t.equal(slot.room, 0);
  threads[0]!.answer('a', 'b', 'c');
  t.equal(slot.room, 4);
  await slot.close();
});

t.test('each measurement has its own time', async (t) => {
  const { slot, threads, events } = setUp({ measurementTimeoutMs: 250 });
  threads[0]!.ready();
  slot.assign(abcd);
  for (let task = 0; task < 4; task++) {
    threads[0]!.at(task, 'scoring');
    await sleep(100);
  }
  threads[0]!.at(3, 'answering');
  threads[0]!.answer('a', 'b', 'c', 'd');
  t.strictSame(events, ['ready', 'a,b,c,d']);
  await slot.close();
});
