import t from 'tap';
import { forEachLimited } from '../../../src/core/async/forEachLimited.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('each item once, and no more than the bound at a time', async (t) => {
  let running = 0;
  let most = 0;
  let asked = 0;
  async function* items() {
    for (let item = 0; item < 20; item++) {
      asked++;
      yield item;
    }
  }
  const seen: number[] = [];
  await forEachLimited(items(), 3, async (item) => {
    most = Math.max(most, ++running);
    t.ok(asked <= seen.length + 4, 'an item is asked for when one can be worked on');
    for (let turns = item % 3; turns >= 0; turns--) await turn();
    running--;
    seen.push(item);
  });
  t.equal(most, 3);
  t.strictSame(
    seen.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, item) => item),
  );
});

t.test('the first error ends it, when all that was begun has ended', async (t) => {
  const begun: number[] = [];
  const ended: number[] = [];
  await t.rejects(
    forEachLimited([0, 1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error('first');
      if (item === 2) throw new Error('second');
      await turn();
      ended.push(item);
    }),
    { message: 'first' },
  );
  t.ok(begun.length < 7, 'no further items are taken');
  t.strictSame(
    ended,
    begun.filter((item) => item !== 1 && item !== 2),
  );
});

t.test('an error of the items ends it in the same way', async (t) => {
  let ended = 0;
  async function* items() {
    yield 0;
    throw new Error('no more');
  }
  await t.rejects(
    forEachLimited(items(), 2, async () => {
      await turn();
      ended++;
    }),
    { message: 'no more' },
  );
  t.equal(ended, 1);
});
