import t from 'tap';
import { watchFreeSpace } from '../../../src/edge/spool/freeSpace.ts';

t.test(
  'room is refused while there is less than the least, and asked for now and then',
  async (t) => {
    let free = 1_000;
    let asked = 0;
    let now = 0;
    const space = watchFreeSpace(
      '/spool',
      1_000,
      async () => {
        asked++;
        return free;
      },
      () => now,
    );
    await space.require();
    free = 999;
    await space.require();
    t.equal(asked, 1, 'not for each measurement');
    now += 1_000;
    await t.rejects(space.require(), { message: '999 bytes are free, and min_free_bytes = 1000' });
    free = 1_000;
    now += 1_000;
    await space.require();
  },
);

t.test('a disk that does not say, and no least', async (t) => {
  const broken = async () => {
    throw new Error('EIO');
  };
  await watchFreeSpace('/spool', 1_000, broken).require();
  await watchFreeSpace('/spool', 0, async () => 0).require();
  await watchFreeSpace('/no/such/folder', 1_000).require();
  await t.rejects(watchFreeSpace('/', Number.MAX_SAFE_INTEGER).require(), { name: 'NoRoom' });
});
