import t from 'tap';
import { doubledMs, pause, tryAgain } from '../../src/program/tryAgain.ts';

/** Fails so many times; says what was done. */
function failing(times: number) {
  let tries = 0;
  return {
    work: async () => {
      if (++tries <= times) throw new Error(`failure ${tries}`);
      return `done at ${tries}`;
    },
    get tries() {
      return tries;
    },
  };
}

t.test('until it succeeds', async (t) => {
  const { work } = failing(3);
  const asked: [string, number][] = [];
  const result = await tryAgain(work, (error, failures) => {
    asked.push([(error as Error).message, failures]);
    return 0;
  });
  t.equal(result, 'done at 4');
  t.strictSame(asked, [
    ['failure 1', 1],
    ['failure 2', 2],
    ['failure 3', 3],
  ]);
});

t.test('until there is no pause any more: the last error', async (t) => {
  const it = failing(9);
  const pausesMs = [0, 0];
  await t.rejects(
    tryAgain(it.work, (_, failures) => pausesMs[failures - 1]),
    { message: 'failure 3' },
  );
  t.equal(it.tries, 3);
});

t.test('what is thrown in place of a pause ends it', async (t) => {
  const { work } = failing(9);
  const named = tryAgain(work, (cause) => {
    throw new Error('cannot do it', { cause });
  });
  await t.rejects(named, { message: 'cannot do it', cause: { message: 'failure 1' } });
});

t.test('a pause ends when nobody waits for it any more', async (t) => {
  const stopped = new AbortController();
  const { work } = failing(2);
  const done = tryAgain(work, () => 3_600_000, stopped.signal);
  setImmediate(() => stopped.abort());
  t.equal(await done, 'done at 3');
  await pause(3_600_000, stopped.signal);
});

t.test('doubled', (t) => {
  t.strictSame(
    [1, 2, 3, 4, 5, 2_000].map((failures) => doubledMs(failures, 200, 1_000)),
    [200, 400, 800, 1_000, 1_000, 1_000],
  );
  t.equal(doubledMs(3, 5), 20);
  t.end();
});
