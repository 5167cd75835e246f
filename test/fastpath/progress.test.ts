import t from 'tap';
import { makeProgress, progressAt, setProgress, tasksSince } from '../../src/fastpath/progress.ts';

t.test('task and phase, also after more tasks than the number can count', (t) => {
  const progress = makeProgress();
  t.strictSame(progressAt(progress), { task: 0, phase: 'reading' });
  const most = 2 ** 30 - 1;
  for (const [task, seen] of [
    [1, 1],
    [2 ** 29, 2 ** 29],
    [most, most],
    [most + 1, 0],
    [2 * most + 5, 3],
  ] as const) {
    setProgress(progress, { task, phase: 'answering' });
    t.strictSame(progressAt(progress), { task: seen, phase: 'answering' });
    for (const later of [0, 1, 31]) t.equal(tasksSince(task - later, seen), later);
  }
  t.end();
});
