import t from 'tap';
import { makeBufferStore } from '../../../src/edge/http/buffers.ts';

t.test('what was given back is used again, by one at a time', (t) => {
  const store = makeBufferStore(1e9);
  const [one, other] = [store.begin(), store.begin()];
  const first = one.take(100_000);
  const second = other.take(100_000);
  t.strictSame([first.length, second.length], [100_000, 100_000]);
  t.not(first.buffer, second.buffer);
  one.release();
  one.release();
  t.equal(store.keptBytes, first.buffer.byteLength);
  const again = [store.begin().take(99_999), store.begin().take(99_999)];
  t.equal(again[0]!.buffer, first.buffer);
  t.not(again[1]!.buffer, first.buffer);
  t.equal(store.keptBytes, 0);
  t.end();
});

t.test('one that is given back early is not given back twice', (t) => {
  const store = makeBufferStore(1e9);
  const buffers = store.begin();
  const taken = buffers.take(50_000);
  buffers.give(Buffer.alloc(50_000));
  t.equal(store.keptBytes, 0);
  buffers.give(taken.subarray(0, 10));
  buffers.give(taken);
  const kept = store.keptBytes;
  t.equal(kept, taken.buffer.byteLength);
  buffers.release();
  t.equal(store.keptBytes, kept);
  t.end();
});

t.test('no more than an eighth is added, and every size fits', (t) => {
  const buffers = makeBufferStore(1e9).begin();
  for (let bytes = 16_384; bytes <= 16_777_216; bytes = Math.ceil(bytes * 1.017)) {
    const { buffer, byteOffset, length } = buffers.take(bytes);
    t.ok(byteOffset === 0 && length === bytes, `${bytes}`);
    t.ok(buffer.byteLength <= bytes * 1.125, `${bytes} of ${buffer.byteLength}`);
  }
  t.end();
});

t.test('small ones and very large ones are not kept', (t) => {
  const store = makeBufferStore(1e9);
  const buffers = store.begin();
  t.equal(buffers.take(0).length, 0);
  t.equal(buffers.take(16_383).length, 16_383);
  t.equal(buffers.take(16_777_217).buffer.byteLength, 16_777_217);
  buffers.release();
  t.equal(store.keptBytes, 0);
  t.end();
});

t.test('what is kept is bounded: the last to be given back stay, the others are let go', (t) => {
  const gone: Uint8Array[] = [];
  const store = makeBufferStore(200_000, (buffer) => gone.push(buffer));
  const buffers = store.begin();
  const taken = [32_768, 65_536, 131_072].map((bytes) => buffers.take(bytes));
  buffers.release();
  t.equal(store.keptBytes, 196_608);
  t.strictSame(
    gone.map(({ buffer }) => buffer),
    [taken[0]!.buffer],
  );
  const again = store.begin();
  t.equal(again.take(131_072).buffer, taken[2]!.buffer);
  t.equal(again.take(65_536).buffer, taken[1]!.buffer);
  t.not(again.take(32_768).buffer, taken[0]!.buffer);
  const many = makeBufferStore(1e9);
  const all = many.begin();
  for (let count = 0; count < 200; count++) all.take(16_384);
  all.release();
  t.equal(many.keptBytes, 128 * 16_384);
  t.end();
});

t.test('a chunk that was adopted is let go once, early or in the end', (t) => {
  const gone: Buffer[] = [];
  const store = makeBufferStore(1e9, (chunk) => gone.push(chunk as Buffer));
  const buffers = store.begin();
  const [early, late, small] = [Buffer.alloc(20_000), Buffer.alloc(30_000), Buffer.alloc(16_383)];
  for (const chunk of [early, late, small]) buffers.adopt(chunk);
  buffers.give(Buffer.alloc(20_000));
  t.strictSame(gone, []);
  buffers.give(early);
  buffers.give(early);
  t.strictSame(gone, [early]);
  buffers.release();
  buffers.release();
  t.equal(gone.length, 2);
  t.equal(gone[1], late);
  t.equal(store.keptBytes, 0);
  t.end();
});
