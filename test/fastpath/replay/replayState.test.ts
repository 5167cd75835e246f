import t from 'tap';
import { makeReplayStates, type ReplayStates } from '../../../src/fastpath/replay/replayState.ts';

type Step = 'stop' | 'allBegun' | 'fail';
const take = (states: ReplayStates, step: Step) =>
  step === 'fail' ? states.fail(new Error('first')) : states[step]();

t.test('what follows what', (t) => {
  const cases: readonly (readonly [readonly Step[], string])[] = [
    [[], 'reading'],
    [['stop'], 'stopping'],
    [['allBegun'], 'all begun'],
    // Whoever asked for the last object when it was told to stop, found that there is none.
    [['stop', 'allBegun'], 'all begun'],
    [['allBegun', 'stop'], 'all begun'],
    [['fail'], 'failed'],
    [['stop', 'fail'], 'failed'],
    [['allBegun', 'fail'], 'failed'],
    [['fail', 'stop'], 'failed'],
    [['fail', 'allBegun'], 'failed'],
  ];
  for (const [steps, kind] of cases) {
    const states = makeReplayStates();
    for (const step of steps) take(states, step);
    t.equal(states.now.kind, kind, steps.join(', '));
  }
  t.end();
});

t.test('the first failure is the one that is told', async (t) => {
  const states = makeReplayStates();
  states.fail(new Error('first'));
  states.fail(new Error('second'));
  t.match(states.now, { kind: 'failed', error: { message: 'first' } });
  await states.failed;
});

t.test('a failure without a reason is one too', async (t) => {
  const states = makeReplayStates();
  states.fail(undefined);
  await states.failed;
  t.strictSame(states.now, { kind: 'failed', error: undefined });
});
