/** A value that is read again and again while its source comes and goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { makeLog } from '../../src/log/log.ts';
import { type FollowOptions, follow } from '../../src/program/follow.ts';

const HOUR_MS = 3_600_000;

/** Follows a number that the test sets; an Error is what reading it ends in. */
function setUp(t: Test, first: number | Error, options: Partial<FollowOptions<number>> = {}) {
  const source = { content: first, reads: 0 };
  const lines: string[] = [];
  const taken: [number, number | undefined][] = [];
  const followed = follow<number>({
    name: 'numbers',
    async load() {
      source.reads++;
      if (source.content instanceof Error) throw source.content;
      return source.content;
    },
    describe: (count) => ({ count }),
    onValue: (value, inUse) => void taken.push([value, inUse]),
    refreshMs: 5,
    firstRetryMs: 2,
    advice: 'nothing is counted before; write one',
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line.trim()) }),
    ...options,
  });
  t.teardown(() => followed.close());
  const until = async (holds: () => boolean) => {
    while (!holds()) await sleep(1);
  };
  /** Resolves when what was set before the call was read, and so many more times. */
  const reads = async (count: number) => {
    const goal = source.reads + count + 1;
    await until(() => source.reads >= goal);
  };
  return { source, followed, lines, taken, until, reads };
}

t.test('a source that is away at first is asked until it comes', async (t) => {
  const { source, followed, lines, taken, reads } = setUp(t, new Error('no such table'), {
    refreshMs: HOUR_MS,
  });
  let isLoaded = false;
  void followed.loaded.then(() => {
    isLoaded = true;
  });
  await reads(3);
  t.equal(followed.current, undefined);
  t.equal(isLoaded, false);
  t.equal(lines.length, 1, 'said once');
  t.match(
    lines[0],
    /^<3>cannot read numbers: nothing is counted before; write one error="?no such table/,
  );
  const beforeMs = Date.now();
  source.content = 7;
  await followed.loaded;
  t.equal(followed.current?.value, 7);
  t.ok(followed.current!.loadedAtMs >= beforeMs);
  t.strictSame(taken, [[7, undefined]]);
  t.strictSame(lines.slice(1), ['<6>numbers loaded count=7']);
});

t.test('when a refresh fails, the value in use is kept', async (t) => {
  const { source, followed, lines, taken, until, reads } = setUp(t, 7);
  await followed.loaded;
  source.content = new Error('gone');
  await reads(3);
  t.equal(followed.current?.value, 7);
  t.equal(lines.length, 2, 'said once');
  t.match(lines[1], /^<4>cannot refresh numbers: those in use are kept, trying again error="?gone/);
  source.content = 7;
  await until(() => lines.length === 3);
  t.equal(lines[2], '<6>numbers loaded count=7', 'and its end, though nothing changed');
  await reads(2);
  t.equal(lines.length, 3, 'a value that is as before is not worth a line');
  source.content = 8;
  await until(() => followed.current?.value === 8);
  t.equal(lines[3], '<6>numbers loaded count=8');
  t.strictSame(taken.at(-1), [8, 7]);
});

t.test('a value that is refused keeps the old one', async (t) => {
  const refuse = (next: number, inUse: number | undefined) =>
    next < (inUse ?? 0) ? `${next} after ${inUse}` : undefined;
  const { source, followed, lines, taken, until, reads } = setUp(t, 7, { refuse });
  await followed.loaded;
  await reads(0);
  source.content = 6;
  await reads(3);
  t.equal(followed.current?.value, 7);
  t.equal(
    taken.some(([value]) => value === 6),
    false,
  );
  t.equal(lines.length, 2);
  t.match(lines[1], /^<4>cannot refresh numbers: .*6 after 7/);
  source.content = 9;
  await until(() => followed.current?.value === 9);
});

t.test('a first value may be refused, too', async (t) => {
  const { source, followed, lines, reads } = setUp(t, -1, {
    refuse: (next) => (next < 0 ? 'below nothing' : undefined),
  });
  await reads(2);
  t.equal(followed.current, undefined);
  t.match(lines, [/^<3>cannot read numbers: .*below nothing/]);
  source.content = 1;
  await followed.loaded;
  t.equal(followed.current?.value, 1);
});

t.test('a value that cannot be put to use is not taken', async (t) => {
  const { source, followed, reads, until } = setUp(t, 1, {
    onValue(value) {
      if (value === 2) throw new Error('cannot use 2');
    },
  });
  await followed.loaded;
  source.content = 2;
  await reads(2);
  t.equal(followed.current?.value, 1);
  source.content = 3;
  await until(() => followed.current?.value === 3);
});

t.test(
  'what is not whole is in use, and asked for again long before the next refresh',
  async (t) => {
    const { source, followed, until } = setUp(t, 0, {
      isWhole: (value) => value > 0,
      refreshMs: HOUR_MS,
    });
    await followed.loaded;
    t.equal(followed.current?.value, 0);
    await until(() => source.reads > 2);
    source.content = 5;
    await until(() => followed.current?.value === 5);
    const { reads } = source;
    await sleep(50);
    t.equal(source.reads, reads, 'whole: not before the hour');
  },
);

t.test('nothing is taken or read after the end', async (t) => {
  let answer!: (value: number) => void;
  let asked = 0;
  const { followed, lines, taken } = setUp(t, 1, {
    load() {
      asked++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  followed.close();
  answer(7);
  await sleep(30);
  t.equal(followed.current, undefined);
  t.strictSame([asked, taken, lines], [1, [], []]);
});

t.test('whoever uses a value may end it, and then it is not read again', async (t) => {
  const { source, followed } = setUp(t, 1, { onValue: () => followed.close() });
  await followed.loaded;
  await sleep(30);
  t.equal(source.reads, 1);
});
