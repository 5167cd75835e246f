/**
 * Covers src/api/bodies/bounded.ts, src/edge/http/memory.ts.
 */
import Koa, { type Context } from 'koa';
import t from 'tap';
import { makeBodyBounds } from '../../src/api/bodies/bounded.ts';
import { makeMemoryBudget } from '../../src/edge/http/memory.ts';
import { holdRequests } from '../support/heldRequests.ts';

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
  t.match(bounds, { running: 0, waiting: 0 });
});

t.test('only so many wait, and not for clients that have gone', async (t) => {
  const bounds = makeBodyBounds(makeMemoryBudget(1), 1, 2);
  let release = () => {};
  const first = bounds.lookingFor(
    () =>
      new Promise<string>((resolve) => {
        release = () => resolve('first');
      }),
  );
  const leaving = new AbortController();
  const looked: string[] = [];
  const look = (name: string) => async () => {
    looked.push(name);
    return name;
  };
  const second = bounds.lookingFor(look('second'), leaving.signal);
  const third = bounds.lookingFor(look('third'));
  t.match(bounds, { running: 1, waiting: 2 });
  t.strictSame(await bounds.lookingFor(look('fourth')), { kind: 'busy' }, 'one too many');
  leaving.abort();
  t.strictSame(await second, { kind: 'busy' }, 'at once, not when its turn comes');
  t.strictSame(await bounds.lookingFor(look('left'), leaving.signal), { kind: 'busy' });
  const fifth = bounds.lookingFor(look('fifth'));
  release();
  t.strictSame(await Promise.all([first, third, fifth]), ['first', 'third', 'fifth']);
  t.strictSame(looked, ['third', 'fifth']);
  t.match(bounds, { running: 0, waiting: 0 });
});

/** So many requests on one connection, each with a context, and the client. */
async function requests(t: Parameters<typeof holdRequests>[0], count: number) {
  const { client, held } = await holdRequests(t, count);
  const app = new Koa();
  return {
    client,
    contexts: held.map(({ request, response }) => app.createContext(request, response)),
  };
}
/** Until none of it is held. */
const givenBack = async (bounds: ReturnType<typeof makeBodyBounds>) => {
  while (bounds.usedBytes > 0) await new Promise((resolve) => setTimeout(resolve, 5));
};

t.test('bodies count until their answers are taken', async (t) => {
  const bounds = makeBodyBounds(makeMemoryBudget(100));
  const { contexts } = await requests(t, 2);
  const [first, second] = contexts as [Context, Context];
  t.equal(bounds.hold(first, 80), true);
  t.equal(bounds.hold(second, 21), false);
  t.equal(bounds.hold(second, 20), true);
  t.equal(bounds.usedBytes, 100);
  const closed = Promise.all(
    [first, second].map(({ res }) => new Promise((resolve) => res.once('close', resolve))),
  );
  first.res.end('a');
  second.res.end('b');
  await closed;
  await givenBack(bounds);
  t.equal(bounds.usedBytes, 0);
});

t.test(
  'nor do they count when the client has left, during the lookup or behind another',
  async (t) => {
    const bounds = makeBodyBounds(makeMemoryBudget(100));
    const { client, contexts } = await requests(t, 3);
    const gone = new Promise((resolve) => contexts[0]!.req.socket.once('close', resolve));
    t.equal(bounds.hold(contexts[2]!, 30), true, 'before, for an answer that has to wait');
    client.destroy();
    await gone;
    t.equal(bounds.hold(contexts[0]!, 30), true, 'found for a client that has left');
    t.equal(bounds.hold(contexts[1]!, 30), true);
    await givenBack(bounds);
    t.equal(bounds.usedBytes, 0);
  },
);
