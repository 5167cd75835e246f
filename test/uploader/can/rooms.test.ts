/** Memory for measurements: none of them shares it with another while it is used. */
import t from 'tap';
import { makeRooms } from '../../../src/uploader/can/rooms.ts';

const LARGE_BYTES = 400_000;

const isIn = (part: Buffer, whole: Buffer) =>
  part.buffer === whole.buffer &&
  part.byteOffset < whole.byteOffset + whole.length &&
  whole.byteOffset < part.byteOffset + part.length;

t.test('places overlap with no other, in one room or in several', async (t) => {
  const rooms = makeRooms();
  const places: Buffer[] = [];
  for (let taken = 0; taken < 3; taken++) {
    const room = rooms.take();
    for (const bytes of [1, 70_000, LARGE_BYTES, 2, LARGE_BYTES, 10_000_000, 0, 5]) {
      const place = room.place(bytes);
      t.equal(place.length, bytes);
      if (bytes > 0) places.push(place);
    }
  }
  for (const [at, place] of places.entries())
    t.notOk(
      places.some((other, index) => index !== at && isIn(place, other)),
      `place ${at}`,
    );
});

t.test('a room that was released is used again, by one other', async (t) => {
  const rooms = makeRooms();
  const first = rooms.take();
  const place = first.place(LARGE_BYTES);
  first.release();
  first.release();
  const [second, third] = [rooms.take().place(LARGE_BYTES), rooms.take().place(LARGE_BYTES)];
  t.ok(isIn(second, place));
  t.notOk(isIn(third, place));
  t.notOk(isIn(first.place(1), place), 'who goes on with it has memory of its own');
});
