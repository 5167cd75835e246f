/** Requests for one archive object at once: it is downloaded once. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openObjectCache } from '../../../src/api/bodies/cache.ts';
import { openFolder } from '../../../src/edge/objects/folder.ts';
import { makeLog } from '../../../src/log/log.ts';

t.test('a copy that was made between two looks is not made again', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ooni-cache-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'bucket'));
  const bucket = openFolder(join(dir, 'bucket'));
  await bucket.putBytes('raw/x', Buffer.from('line\n'), 'text/plain');
  let heads = 0;
  let reads = 0;
  const lines: string[] = [];
  const cache = openObjectCache({
    objects: {
      ...bucket,
      // A second question is answered when all work of the first is done.
      head: async (key) => {
        if (heads++ > 0) while (reads === 0) await sleep(10);
        const info = await bucket.head(key);
        if (reads > 0) await sleep(100);
        return info;
      },
      read: (key) => {
        reads++;
        return bucket.read(key);
      },
    },
    dir: join(dir, 'cache'),
    maxBytes: 1_000,
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
  });
  const opened = await Promise.all(['raw/x', 'raw/x', 'raw/x'].map((key) => cache.open(key)));
  t.strictSame(await Promise.all(opened.map((stream) => text(stream!))), Array(3).fill('line\n'));
  t.equal(reads, 1);
  t.equal(heads, 1);
  t.strictSame(lines, []);
});

t.test('a copy of another size than the store said is not kept', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'ooni-cache-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'bucket'));
  const bucket = openFolder(join(dir, 'bucket'));
  await bucket.putBytes('raw/x', Buffer.from('line\n'), 'text/plain');
  for (const came of ['li', '', 'line\nand more']) {
    let reads = 0;
    const lines: string[] = [];
    const cacheDir = join(dir, `cache of ${came.length} bytes`);
    const cache = openObjectCache({
      objects: {
        ...bucket,
        read: (key) => (reads++ === 0 ? Promise.resolve(Readable.from([came])) : bucket.read(key)),
      },
      dir: cacheDir,
      maxBytes: 1_000,
      log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    });
    const open = async () => text((await cache.open('raw/x'))!);
    t.equal(await open(), 'line\n', 'read past the cache');
    t.strictSame(readdirSync(cacheDir), []);
    t.match(lines, [new RegExp(`${came.length} bytes came of an object of 5`)]);
    t.equal(await open(), 'line\n');
    t.equal(await open(), 'line\n');
    t.equal(reads, 3, 'and then from a copy');
    t.equal(lines.length, 1);
  }
});
