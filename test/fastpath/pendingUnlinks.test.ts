import t from 'tap';
import { makePendingUnlinks } from '../../src/fastpath/pendingUnlinks.ts';
import { makeLog } from '../../src/log/log.ts';

const READ_ONLY = Object.assign(new Error('read-only'), { code: 'EROFS' });

function setUp(maxKept?: number) {
  const lines: string[] = [];
  const done: string[] = [];
  const disk = {
    refuses: (_uid: string) => true,
    /** Calls, and the uids of each. */
    asked: [] as string[][],
    failures: 0,
  };
  const unlinks = makePendingUnlinks({
    spool: {
      async unlinkPending(uids) {
        disk.asked.push([...uids]);
        return uids.filter(disk.refuses).map((uid) => ({ uid, error: READ_ONLY }));
      },
    },
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onFailure: () => void disk.failures++,
    ...(maxKept === undefined ? {} : { maxKept }),
  });
  const unlink = (...uids: string[]) => unlinks.unlink(uids, (uid) => void done.push(uid));
  return { unlinks, unlink, lines, done, disk };
}

t.test('only the step that failed is repeated, and it counts once', async (t) => {
  const { unlinks, unlink, lines, done, disk } = setUp();
  await unlink('a', 'b');
  t.equal(await unlinks.again('a'), true);
  t.strictSame(done, []);
  disk.refuses = () => false;
  for (const uid of ['a', 'b', 'c']) await unlinks.again(uid);
  t.strictSame(done, ['a', 'b']);
  t.strictSame(disk.asked, [['a', 'b'], ['a'], ['a'], ['b']]);
  t.equal(disk.failures, 3);
  t.equal(await unlinks.again('a'), false, 'done: nothing is left to repeat');
  t.match(lines, [/^<3>cannot take .* EROFS|read-only/, /^<6>measurements leave pending\/ again/]);
  t.equal(lines.length, 2, 'one line for the outage, one for its end');
});

t.test('of several in one call, those that the disk lets go are done', async (t) => {
  const { unlinks, unlink, lines, done, disk } = setUp();
  disk.refuses = (uid) => uid === 'b';
  await unlink('a', 'b', 'c');
  t.strictSame(done, ['a', 'c']);
  t.equal(lines.length, 1, 'what went does not end the trouble');
  t.equal(await unlinks.again('a'), false);
  disk.refuses = () => false;
  t.equal(await unlinks.again('b'), true);
  t.strictSame(done, ['a', 'c', 'b']);
});

t.test('a call that fails whole is kept for each', async (t) => {
  const lines: string[] = [];
  let left = 0;
  const unlinks = makePendingUnlinks({
    spool: { unlinkPending: async () => Promise.reject(new Error('no memory')) },
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onFailure: () => {},
  });
  await unlinks.unlink(['a', 'b'], () => left++);
  t.equal(await unlinks.again('a'), true);
  t.equal(await unlinks.again('b'), true);
  t.equal(left, 0);
  t.match(lines, [/^<3>cannot take .*no memory/]);
});

t.test('a way out of its own is repeated as it is', async (t) => {
  const { unlinks } = setUp();
  let steps = 0;
  let done = 0;
  const step = async () => {
    if (steps++ === 0) throw READ_ONLY;
  };
  await unlinks.leave('a', step, () => done++);
  t.equal(done, 0);
  t.equal(await unlinks.again('a'), true);
  t.strictSame([steps, done], [2, 1]);
});

t.test('no more steps are kept than memory has room for', async (t) => {
  const { unlinks, unlink } = setUp(2);
  await unlink('a', 'b', 'c');
  t.equal(await unlinks.again('b'), true);
  t.equal(await unlinks.again('c'), false);
});
