import t from 'tap';
import { makeTurns } from '../../../src/core/async/turns.ts';

t.test('one after the other, as they asked', async (t) => {
  const turns = makeTurns();
  const order: string[] = [];
  const work = async (name: string) => {
    const end = await turns.take();
    order.push(`${name} begins`);
    await new Promise<void>((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
    end();
    end();
  };
  await Promise.all([work('a'), work('b'), work('c')]);
  t.same(order, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
