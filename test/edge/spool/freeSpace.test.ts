import t from 'tap';
import { type Room, roomOf, watchFreeSpace } from '../../../src/edge/spool/freeSpace.ts';

const least: Room = { freeBytes: 1_000, freeInodes: 10 };

t.test('room is refused below the least of either, and asked for now and then', async (t) => {
  let room: Room = least;
  let asked = 0;
  let now = 0;
  const space = watchFreeSpace(
    '/spool',
    least,
    async () => {
      asked++;
      return room;
    },
    () => now,
  );
  await space.require();
  room = { freeBytes: 999, freeInodes: 10 };
  await space.require();
  t.equal(asked, 1, 'not for each measurement');
  now += 1_000;
  await t.rejects(space.require(), { message: '999 bytes are free, and min_free_bytes = 1000' });
  room = { freeBytes: 1_000, freeInodes: 9 };
  now += 1_000;
  await t.rejects(space.require(), { message: '9 inodes are free, and min_free_inodes = 10' });
  room = { freeBytes: 1_000, freeInodes: Number.POSITIVE_INFINITY };
  now += 1_000;
  await space.require();
});

t.test('a disk that does not say, and no least', async (t) => {
  const broken = async () => {
    throw new Error('EIO');
  };
  await watchFreeSpace('/spool', least, broken).require();
  const none: Room = { freeBytes: 0, freeInodes: 0 };
  await watchFreeSpace('/spool', none, async () => none).require();
  await watchFreeSpace('/no/such/folder', least).require();
  for (const large of [
    { freeBytes: Number.MAX_SAFE_INTEGER, freeInodes: 0 },
    { freeBytes: 0, freeInodes: Number.MAX_SAFE_INTEGER },
  ])
    await t.rejects(watchFreeSpace('/', large).require(), { name: 'NoRoom' });
  t.ok((await roomOf('/')).freeInodes > 0);
});
