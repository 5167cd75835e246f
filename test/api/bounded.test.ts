import { EventEmitter } from 'node:events';
import type { Context } from 'koa';
import t from 'tap';
import { makeBodyBounds } from '../../src/api/bodies/bounded.ts';
import { makeMemoryBudget } from '../../src/edge/http/memory.ts';

t.test('only so many are looked for at once, and each gets its turn', async (t) => {
  const bounds = makeBodyBounds(makeMemoryBudget(1), 2);
  let running = 0;
  let most = 0;
  const look = async (serial: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (serial === 3) throw new Error('gone');
    return serial;
  };
  const found = await Promise.allSettled(
    Array.from({ length: 9 }, (_, serial) => bounds.lookingFor(() => look(serial))),
  );
  t.equal(most, 2);
  t.strictSame(
    found.map((one) => (one.status === 'fulfilled' ? one.value : 'failed')),
    [0, 1, 2, 'failed', 4, 5, 6, 7, 8],
  );
});

t.test('bodies count until their answers are taken', async (t) => {
  const memory = makeMemoryBudget(100);
  const bounds = makeBodyBounds(memory);
  const answers = [1, 2].map(() => ({ res: new EventEmitter() }) as unknown as Context);
  t.equal(bounds.hold(answers[0]!, 80), true);
  t.equal(bounds.hold(answers[1]!, 21), false);
  t.equal(bounds.hold(answers[1]!, 20), true);
  for (const { res } of answers) res.emit('close');
  t.equal(memory.usedBytes, 0);
});
