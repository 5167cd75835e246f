import t from 'tap';
import { type Batched, makeBatches } from '../../../../src/edge/spool/deposit/batches.ts';
import { randomChoices } from '../../../support/random.ts';

interface Item extends Batched {
  readonly name: number;
}

/** Calls that end when they are told to. */
function openCalls() {
  const begun: (readonly Item[])[] = [];
  const ends = new Map<readonly Item[], () => void>();
  const batches = makeBatches<Item>((items) => {
    begun.push(items);
    return new Promise((resolve) => ends.set(items, resolve));
  });
  let names = 0;
  return {
    begun,
    running: () => [...ends.keys()],
    add(bytes = 10, day = 'today'): void {
      batches.add({ name: names++, bytes, day });
    },
    /** Ends a call, and waits until what follows has begun. */
    async end(call: readonly Item[]): Promise<void> {
      ends.get(call)!();
      ends.delete(call);
      await new Promise(setImmediate);
    },
    namesOf: () => begun.map((items) => items.map(({ name }) => name)),
  };
}

t.test('where few are under way, each begins at once', async (t) => {
  const calls = openCalls();
  for (let count = 0; count < 2; count++) {
    calls.add();
    t.equal(calls.begun.length, count + 1, 'in the same turn');
  }
  await calls.end(calls.begun[0]!);
  calls.add();
  t.strictSame(calls.namesOf(), [[0], [1], [2]]);
});

t.test('what comes meanwhile goes together, in its order, sixteen at most', async (t) => {
  const calls = openCalls();
  for (let count = 0; count < 2 + 20; count++) calls.add();
  t.equal(calls.begun.length, 2);
  await calls.end(calls.begun[1]!);
  t.strictSame(
    calls.namesOf()[2],
    Array.from({ length: 16 }, (_, at) => 2 + at),
  );
  await calls.end(calls.begun[0]!);
  t.strictSame(calls.namesOf()[3], [18, 19, 20, 21]);
  t.equal(calls.running().length, 2);
});

t.test('half a megabyte at most', async (t) => {
  const calls = openCalls();
  for (let count = 0; count < 2; count++) calls.add();
  for (let count = 0; count < 6; count++) calls.add(131_072);
  await calls.end(calls.begun[0]!);
  t.strictSame(calls.namesOf()[2], [2, 3, 4, 5]);
});

t.test('those of another day wait for another call', async (t) => {
  const calls = openCalls();
  for (let count = 0; count < 2; count++) calls.add();
  for (const day of ['one', 'two', 'one', 'two', 'one']) calls.add(10, day);
  await calls.end(calls.begun[0]!);
  await calls.end(calls.begun[1]!);
  t.strictSame(calls.namesOf().slice(2), [
    [2, 4, 6],
    [3, 5],
  ]);
});

t.test('a large one waits for nobody, and nobody for it', async (t) => {
  const calls = openCalls();
  for (let count = 0; count < 2; count++) calls.add();
  calls.add(131_073);
  t.strictSame(calls.namesOf()[2], [2]);
  calls.add();
  await calls.end(calls.begun[0]!);
  t.strictSame(calls.namesOf()[3], [3]);
});

t.test('whatever comes and ends when: each is stored once, and the bounds hold', async (t) => {
  const { below, pick } = randomChoices(20261126);
  const calls = openCalls();
  const LARGE_BYTES = 131_072;
  for (let added = 0; added < 2_000; added++) {
    calls.add(below(2 * LARGE_BYTES), pick(['one', 'two']));
    const running = calls.running();
    if (below(4) === 0 && running.length > 0) await calls.end(pick(running));
    const small = calls.running().filter(([first]) => first!.bytes <= LARGE_BYTES);
    if (small.length > 2) t.fail(`${small.length} calls`);
  }
  for (let running = calls.running(); running.length > 0; running = calls.running())
    await calls.end(running[0]!);
  const names = calls.namesOf().flat();
  t.equal(names.length, 2_000);
  t.equal(new Set(names).size, 2_000);
  for (const items of calls.begun) {
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    const isGood =
      (items.length === 1 || bytes <= 4 * LARGE_BYTES) &&
      items.length <= 16 &&
      items.every(({ day }) => day === items[0]!.day);
    if (!isGood) t.fail(JSON.stringify(items));
  }
});
