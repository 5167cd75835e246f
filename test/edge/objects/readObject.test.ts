/** Reading whole objects: never more than what is expected under a key. */
import { Readable } from 'node:stream';
import t from 'tap';
import { MAX_PART_BYTES } from '../../../src/core/archive/tiles.ts';
import { logParts, readObject } from '../../../src/edge/objects/readObject.ts';

/** A bucket in which each key has so many bytes as its last part says; tells how many were taken. */
function bucketOf() {
  const counts = { taken: 0 };
  const closed: Promise<void>[] = [];
  const read = async (key: string) => {
    const size = Number(key.split('/').at(-1));
    if (Number.isNaN(size)) return undefined;
    function* chunks() {
      for (let left = size; left > 0; left -= 65_536) {
        const chunk = Buffer.alloc(Math.min(left, 65_536), 1);
        counts.taken += chunk.length;
        yield chunk;
      }
    }
    const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: 65_536 });
    closed.push(new Promise<void>((resolve) => stream.once('close', resolve)));
    return stream;
  };
  return { read, counts, closed };
}

t.test('up to the bound', async (t) => {
  const bucket = bucketOf();
  t.equal((await readObject(bucket, 'a/100000', 100_000))?.length, 100_000);
  t.equal((await readObject(bucket, 'a/0', 0))?.length, 0);
  t.equal(await readObject(bucket, 'a/none', 10), undefined);
});

t.test('beyond it the reading ends', async (t) => {
  const bucket = bucketOf();
  await t.rejects(readObject(bucket, 'a/10000000000', 100_000), {
    name: 'ObjectTooLarge',
    message: 'a/10000000000 has more than 100000 bytes',
  });
  t.ok(bucket.counts.taken < 1_000_000, `${bucket.counts.taken} bytes were taken`);
  await bucket.closed[0];
  t.pass('and the connection is given up');
});

t.test('a part of a log', async (t) => {
  const bucket = bucketOf();
  const readPart = logParts(bucket, 'log/n1/');
  t.equal((await readPart(String(MAX_PART_BYTES)))?.length, MAX_PART_BYTES);
  await t.rejects(readPart(String(MAX_PART_BYTES + 1)), {
    name: 'BrokenLog',
    message: /^log\/n1\/\d+ is larger than any part of a log$/,
  });
});
