import t, { type Test } from 'tap';
import { progressAt } from '../../src/fastpath/progress.ts';
import type { FromWorker, ToWorker } from '../../src/fastpath/scoringMessages.ts';
import { serveTasks } from '../../src/fastpath/taskLoop.ts';

interface Work {
  readonly uid: string;
  readonly bytes: number;
  readonly ms: number;
}

/** Time passes when the test says so, however slow the machine is. */
function setUp(t: Test) {
  let nowMs = 0;
  t.intercept(performance, 'now', { value: () => nowMs });
  const messages: FromWorker<string>[] = [];
  const phases: string[] = [];
  let answered = 0;
  let tell!: (message: ToWorker<Work>) => void;
  const phase = () => {
    const [ready] = messages;
    return progressAt((ready as { progress: Int32Array }).progress);
  };
  serveTasks<Work, string>({
    port: {
      on: (_, listener) => {
        tell = listener;
      },
      postMessage: (message) => {
        if (message.kind === 'scored') phases.push(`${message.answers} ${phase().phase}`);
        messages.push(message);
      },
    },
    onFingerprints: () => {},
    work({ uid, ms }, began) {
      phases.push(`${uid} ${phase().phase}`);
      began();
      phases.push(`${uid} ${phase().phase}`);
      nowMs += ms;
      return uid;
    },
    bytesOf: (uid) => (uid.startsWith('large') ? 2_000_000 : 10),
    onAnswer: () => void answered++,
  });
  const score = (...tasks: readonly (Partial<Work> & { uid: string })[]) =>
    tell({ kind: 'score', tasks: tasks.map((task) => ({ bytes: 0, ms: 0, ...task })) });
  const answers = () =>
    messages.flatMap((message) => (message.kind === 'scored' ? message.answers.join() : []));
  return { score, answers, phases, phase, answered: () => answered };
}

t.test('one answer for a list, and what it is at meanwhile', (t) => {
  const { score, answers, phases, phase, answered } = setUp(t);
  score({ uid: 'a' }, { uid: 'b' });
  t.strictSame(answers(), ['a,b']);
  t.strictSame(phases, ['a reading', 'a scoring', 'b reading', 'b scoring', 'a,b answering']);
  t.strictSame(phase(), { task: 2, phase: 'reading' });
  score({ uid: 'c' });
  t.strictSame(phase(), { task: 3, phase: 'reading' });
  t.equal(answered(), 2);
  t.end();
});

t.test('what is large or late is not held back', (t) => {
  const { score, answers } = setUp(t);
  score({ uid: 'a' }, { uid: 'large' }, { uid: 'b' }, { uid: 'slow', ms: 25 }, { uid: 'c' });
  t.strictSame(answers(), ['a,large', 'b,slow', 'c']);
  t.end();
});
