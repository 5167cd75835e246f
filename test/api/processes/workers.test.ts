/** What the workers are together; lifecycle.test.ts has them as processes. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import t from 'tap';
import type { FromWorker } from '../../../src/api/processes/workerMessages.ts';
import { makeRestartPauses, startWorkers } from '../../../src/api/processes/workers.ts';
import { makeLog } from '../../../src/log/log.ts';

function setUp(t: { teardown(step: () => unknown): unknown }, count: number) {
  const children: EventEmitter[] = [];
  const told: [number, unknown][] = [];
  const lines: string[] = [];
  const workers = startWorkers({
    count,
    spawn(index) {
      const child = Object.assign(new EventEmitter(), {
        send: (message: { kind: string }) => {
          const { kind } = message;
          if (kind === 'followed') told.push([index, message]);
          if (kind === 'stop') child.emit('exit', 0, null);
        },
        kill: () => {},
      });
      children[index] = child;
      return child as unknown as ChildProcess;
    },
    log: makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) }),
  });
  t.teardown(() => workers.stop(0));
  const says = (index: number, message: FromWorker) => children[index]!.emit('message', message);
  return { workers, children, says, lines, told };
}

t.test('all listen, and are added up', async (t) => {
  const { workers, children, says, lines } = setUp(t, 2);
  says(0, { kind: 'listening' });
  t.equal(workers.running, 1);
  says(1, { kind: 'listening' });
  await workers.listening;
  says(0, { kind: 'stats', stored: 2, storingFails: false });
  says(1, { kind: 'stats', stored: 3, storingFails: true });
  t.match(workers, { running: 2, stored: 5, storingFails: true, restarts: 0 });
  children[1]!.emit('exit', 1, null);
  t.match(workers, { running: 1, stored: 5, storingFails: false, restarts: 1 });
  says(0, { kind: 'unable', reason: 'later', exitCode: 69 });
  t.match(lines, [/ended unexpectedly/, /a worker cannot start.*reason=later/]);
});

t.test('what one reads is told to all others', async (t) => {
  const { workers, children, says, told } = setUp(t, 3);
  const news = {
    kind: 'followed',
    name: 'test list',
    current: { value: [], loadedAtMs: 1 },
  } as const;
  says(0, news);
  t.strictSame(told, [
    [1, news],
    [2, news],
  ]);
  children[2]!.emit('exit', 1, null);
  says(0, news);
  t.strictSame(told.slice(2), [[1, news]], 'one that has ended does not mind');
  await workers.stop(0);
});

t.test('one that cannot start at first is a reason to give up', async (t) => {
  const { workers, says } = setUp(t, 2);
  says(0, { kind: 'listening' });
  says(1, { kind: 'unable', reason: 'port taken', exitCode: 69 });
  await t.rejects(workers.listening, { message: 'port taken', exitCode: 69 });
});

t.test('pauses grow for all, up to a bound, and begin anew after a steady run', (t) => {
  const pauseMs = makeRestartPauses();
  t.strictSame(
    Array.from({ length: 10 }, () => pauseMs(0)),
    [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000],
  );
  t.equal(pauseMs(61_000), 200);
  t.equal(pauseMs(0), 400);
  t.end();
});
