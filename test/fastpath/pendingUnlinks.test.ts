import t from 'tap';
import { makePendingUnlinks } from '../../src/fastpath/pendingUnlinks.ts';
import { makeLog } from '../../src/log/log.ts';

function setUp(maxKept?: number) {
  const lines: string[] = [];
  const done: string[] = [];
  const disk = { refuses: true, steps: 0, failures: 0 };
  const unlinks = makePendingUnlinks({
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onFailure: () => void disk.failures++,
    ...(maxKept === undefined ? {} : { maxKept }),
  });
  const unlink = (uid: string) =>
    unlinks.unlink(
      uid,
      async () => {
        disk.steps++;
        if (disk.refuses) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      },
      () => void done.push(uid),
    );
  return { unlinks, unlink, lines, done, disk };
}

t.test('only the step that failed is repeated, and it counts once', async (t) => {
  const { unlinks, unlink, lines, done, disk } = setUp();
  await unlink('a');
  await unlink('b');
  t.equal(await unlinks.again('a'), true);
  t.strictSame(done, []);
  disk.refuses = false;
  for (const uid of ['a', 'b', 'c']) await unlinks.again(uid);
  t.strictSame(done, ['a', 'b']);
  t.strictSame([disk.steps, disk.failures], [5, 3]);
  t.equal(await unlinks.again('a'), false, 'done: nothing is left to repeat');
  t.match(lines, [/^<3>cannot take .* EROFS|read-only/, /^<6>measurements leave pending\/ again/]);
  t.equal(lines.length, 2, 'one line for the outage, one for its end');
});

t.test('no more steps are kept than memory has room for', async (t) => {
  const { unlinks, unlink } = setUp(2);
  for (const uid of ['a', 'b', 'c']) await unlink(uid);
  t.equal(await unlinks.again('b'), true);
  t.equal(await unlinks.again('c'), false);
});
