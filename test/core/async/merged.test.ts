import t from 'tap';
import { merged } from '../../../src/core/async/merged.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('all of each sequence in its order, and no more than the bound at once', async (t) => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const given: string[] = [];
  const sequence = async function* (item: number) {
    begun.push(item);
    most = Math.max(most, ++running);
    for (let at = 0; at < item % 4; at++) {
      for (let turns = item % 3; turns >= 0; turns--) await turn();
      yield `${item}.${at}`;
    }
    running--;
  };
  for await (const value of merged([7, 0, 3, 2, 5, 6], 3, sequence)) given.push(value);
  t.equal(most, 3);
  t.same(begun, [7, 0, 3, 2, 5, 6]);
  t.same([...given].sort(), ['2.0', '2.1', '3.0', '3.1', '3.2', '5.0', '6.0', '6.1', '7.0', '7.1', '7.2']);
  for (const item of [7, 3, 2, 6])
    t.same(given.filter((value) => value[0] === `${item}`), [...given].filter((value) => value[0] === `${item}`).sort());
}); // biome-ignore format: tables

t.test('a sequence does not run ahead of the taker', async (t) => {
  const made: number[] = [0, 0];
  const all = merged([0, 1], 2, async function* (item) {
    for (;;) yield ++made[item]!;
  });
  await all.next();
  for (let turns = 0; turns < 10; turns++) await turn();
  t.same(made, [1, 1], 'one each, while nobody asks');
  await all.return(undefined);
});

t.test('an error ends it, after what the others were doing', async (t) => {
  const ended: string[] = [];
  const sequence = async function* (item: string) {
    try {
      await turn();
      if (item === 'bad') throw new Error('first');
      await turn();
      ended.push(`${item} done`);
      yield item;
      ended.push('not reached');
    } finally {
      ended.push(`${item} closed`);
    }
  };
  await t.rejects(
    async () => {
      for await (const _ of merged(['bad', 'good', 'later'], 2, sequence));
    },
    { message: 'first' },
  );
  t.same(ended, ['bad closed', 'good done', 'good closed']);
});

t.test('a taker who leaves ends all that was begun', async (t) => {
  const ended: number[] = [];
  const sequence = async function* (item: number) {
    try {
      for (;;) yield item;
    } finally {
      ended.push(item);
    }
  };
  for await (const _ of merged([1, 2, 3], 2, sequence)) break;
  t.same(ended.sort(), [1, 2]);
});
