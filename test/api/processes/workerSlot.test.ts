/** The states of a worker's place, with processes that do as they are told. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import t from 'tap';
import type { FromWorker, ToWorker } from '../../../src/api/processes/workerMessages.ts';
import { MAX_SILENT_LOOKS, makeWorkerSlot } from '../../../src/api/processes/workerSlot.ts';
import { makeLog } from '../../../src/log/log.ts';

class FakeProcess extends EventEmitter {
  readonly told: ToWorker[] = [];
  killed = false;
  readonly pid: number;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }
  send(message: ToWorker): void {
    this.told.push(message);
  }
  kill(): void {
    this.killed = true;
  }
  says(message: FromWorker): void {
    this.emit('message', message);
  }
  exits(): void {
    this.emit('exit', null, 'SIGKILL');
  }
}

function setUp() {
  const processes: FakeProcess[] = [];
  const events = new EventEmitter();
  const lines: string[] = [];
  const gone: number[] = [];
  const metrics: number[] = [];
  const unable: string[] = [];
  let ended = 0;
  const slot = makeWorkerSlot({
    spawn() {
      const process = new FakeProcess(processes.length + 1);
      processes.push(process);
      events.emit('spawned');
      return process as unknown as ChildProcess;
    },
    pauseMs: () => 1,
    onListening: () => {},
    onUnable: (reason) => unable.push(reason),
    onNews: () => {},
    onMetrics: ({ pid }) => metrics.push(pid!),
    onGone: ({ pid }) => gone.push(pid!),
    onEnded: () => ended++,
    log: makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) }),
  });
  return {
    slot,
    lines,
    gone,
    metrics,
    unable,
    get ended() {
      return ended;
    },
    get process() {
      return processes.at(-1)!;
    },
    get started() {
      return processes.length;
    },
    /** Of the next one. */
    spawned: () => once(events, 'spawned'),
  };
}

t.test('a process that dies has a successor, and what it stored stays counted', async (t) => {
  const it = setUp();
  const { slot } = it;
  t.match(slot, { state: 'starting', listens: false, stored: 0 });
  it.process.says({ kind: 'listening' });
  it.process.says({ kind: 'stats', stored: 3, storingFails: true });
  t.match(slot, { state: 'listening', listens: true, stored: 3, storingFails: true });

  const first = it.process;
  first.exits();
  t.match(slot, { state: 'pausing', listens: false, stored: 3, storingFails: false });
  t.equal(it.ended, 1);
  t.strictSame(it.gone, [1]);
  t.match(it.lines, [/a worker ended unexpectedly.*pid=1.*signal=SIGKILL.*restart_in_ms=1/]);

  await it.spawned();
  t.equal(slot.state, 'starting');
  it.process.says({ kind: 'listening' });
  it.process.says({ kind: 'stats', stored: 2, storingFails: false });
  first.says({ kind: 'stats', stored: 100, storingFails: true });
  first.exits();
  t.match(slot, { state: 'listening', stored: 5, storingFails: false }, 'the first is forgotten');
  t.equal(it.ended, 1);
});

t.test('one that cannot be started is tried again', async (t) => {
  const it = setUp();
  it.process.emit('error', new Error('no memory'));
  t.equal(it.slot.state, 'pausing');
  t.match(it.lines, [/error="?no memory/]);
  await it.spawned();
  it.process.says({ kind: 'unable', reason: 'port taken', exitCode: 69 });
  t.strictSame(it.unable, ['port taken']);
  t.equal(it.slot.state, 'starting');
});

t.test('one that gives no sign of life is killed, once it listened', async (t) => {
  const it = setUp();
  const { slot } = it;
  const look = (times: number) => {
    for (let i = 0; i < times; i++) slot.look();
  };
  look(2 * MAX_SILENT_LOOKS);
  t.equal(slot.state, 'starting', 'loading may take its time');
  it.process.says({ kind: 'listening' });
  look(MAX_SILENT_LOOKS - 1);
  it.process.says({ kind: 'stats', stored: 0, storingFails: false });
  look(MAX_SILENT_LOOKS - 1);
  t.equal(it.process.killed, false);
  look(1);
  t.match(it.process, { killed: true });
  t.equal(slot.state, 'silent');
  look(MAX_SILENT_LOOKS);
  t.equal(it.lines.length, 1, 'said once');
  t.match(it.lines, [/does not answer.*pid=1/]);
  it.process.exits();
  t.equal(slot.state, 'pausing');
  await it.spawned();
  t.equal(slot.state, 'starting');
});

t.test('metrics', async (t) => {
  const it = setUp();
  const asked = it.slot.askMetrics();
  const [message] = it.process.told;
  t.match(message, { kind: 'metrics', number: 0 });
  it.process.says({ kind: 'metrics', number: 0, metrics: [] });
  await asked;
  t.strictSame(it.metrics, [1]);
  const askedOfOneThatEnds = it.slot.askMetrics();
  it.process.exits();
  await askedOfOneThatEnds;
  await it.slot.askMetrics();
  t.strictSame(it.metrics, [1], 'between two processes there is nobody to ask');
  await it.spawned();
});

t.test('stopped: no successor', async (t) => {
  const it = setUp();
  const { slot } = it;
  it.process.says({ kind: 'listening' });
  const stop = slot.stop();
  t.strictSame(it.process.told, [{ kind: 'stop' }]);
  t.match(slot, { state: 'stopped', listens: true });
  it.process.says({ kind: 'stats', stored: 7, storingFails: false });
  slot.look();
  it.process.exits();
  await stop;
  t.match(slot, { state: 'stopped', listens: false, stored: 7 });
  t.equal(it.ended, 0);
  t.strictSame(it.lines, []);
  t.strictSame(it.gone, [1], 'its metrics are added up all the same');

  const pausing = setUp();
  pausing.process.exits();
  await pausing.slot.stop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(pausing.started, 1, 'not even one that was about to start');
});
