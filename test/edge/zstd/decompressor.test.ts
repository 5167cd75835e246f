/**
 * Both ways of decompression. Covers src/edge/zstd/{native,reference,zstdThread}.ts, src/native/lanes.ts.
 */
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { ZstdDecompressor } from '../../../src/edge/zstd/decompressor.ts';
import { makeNativeDecompressor, openDecompressor } from '../../../src/edge/zstd/native.ts';
import { makeReferenceDecompressor } from '../../../src/edge/zstd/reference.ts';
import { noFallback } from '../../support/noFallback.ts';
import {
  block,
  bomb,
  LONG_SEQUENCES,
  rawFrame,
  SAMPLE_TEXT,
  SAMPLES,
  skippableFrame,
  windowFrame,
} from './samples.ts';
import { startZstdThread } from './zstdThread.ts';

let threads = 0;
const startThread = () => {
  threads++;
  return startZstdThread();
};
const reference = makeReferenceDecompressor({ startThread, baseBudgetMs: 120_000 });
const native = openDecompressor({ startThread, baseBudgetMs: 120_000 }, noFallback);
t.teardown(() => reference.close());
const ways: [string, ZstdDecompressor][] = [
  ['native', native],
  ['reference', reference],
];

for (const [way, zstd] of ways) {
  const decompressed = async (data: Buffer, bound = 100_000) => {
    const result = await zstd.decompress(data, bound);
    if (result.kind === 'ok') {
      const held = result.bytes.buffer.byteLength;
      if (held > zstd.workBytes(data.length, bound) || held > 2 * result.bytes.length)
        t.fail(`${way}: ${held} bytes are held for ${result.bytes.length} of ${bound}`);
    }
    return result.kind === 'ok' ? result.bytes.toString() : result;
  };

  t.test(`${way}: what the reference compressor makes`, async (t) => {
    for (const [name, base64] of Object.entries(SAMPLES))
      t.equal(await decompressed(Buffer.from(base64, 'base64')), SAMPLE_TEXT, name);
  });

  t.test(`${way}: several frames, with others to skip`, async (t) => {
    const filler = skippableFrame(Buffer.alloc(1000));
    const data = [filler, rawFrame('ab'), filler, rawFrame('é'.repeat(90_000)), filler];
    t.equal(await decompressed(Buffer.concat(data), 200_000), `ab${'é'.repeat(90_000)}`);
  });

  t.test(`${way}: exactly as much as was agreed`, async (t) => {
    const data = Buffer.from(SAMPLES['a stream, no content size']!, 'base64');
    t.equal(await decompressed(data, SAMPLE_TEXT.length), SAMPLE_TEXT);
    t.strictSame(await decompressed(data, SAMPLE_TEXT.length - 1), { kind: 'refused' });
  });

  t.test(`${way}: a bomb stops at the bound`, async (t) => {
    t.strictSame(await decompressed(bomb(80_000), 1_000_000), { kind: 'refused' });
  });

  t.test(`${way}: damaged data is an answer, and the thread goes on`, async (t) => {
    const good = Buffer.from(SAMPLES['level 19']!, 'base64');
    let refused = 0;
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ 0x55;
      const result = await zstd.decompress(bad, SAMPLE_TEXT.length);
      // Where a literal was hit, other text of the same length comes out.
      if (result.kind === 'ok') t.ok(result.bytes.length <= SAMPLE_TEXT.length);
      else refused++;
    }
    t.ok(refused > 50, `${refused} refused`);
    t.equal(await decompressed(good), SAMPLE_TEXT);
  });

  t.test(`${way}: a checksum that does not match`, async (t) => {
    const good = Buffer.from(SAMPLES['content size and checksum']!, 'base64');
    const bad = Buffer.from(good);
    bad[bad.length - 1]! ^= 1;
    const refusal = { kind: 'refused' };
    t.strictSame(await decompressed(bad), refusal);
    t.strictSame(await decompressed(Buffer.concat([good, bad])), refusal);
    t.equal(await decompressed(Buffer.concat([good, good])), SAMPLE_TEXT + SAMPLE_TEXT);
  });

  t.test(`${way}: many at once come back each to its own`, async (t) => {
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`);
    t.strictSame(await Promise.all(texts.map((text) => decompressed(rawFrame(text)))), texts);
  });

  t.test(
    `${way}: blocks of one byte in the largest window take no longer than others`,
    async (t) => {
      // A decoder that moves its window for each takes minutes.
      const one = block(0, 1, Buffer.from('a'), false);
      const all = Array.from({ length: 60_000 }, () => one);
      const hostile = windowFrame(23, ...all, block(0, 1, Buffer.from('a')));
      t.equal(await decompressed(hostile), 'a'.repeat(60_001));
    },
  );

  t.test(`${way}: sequences that make more than a block may hold are refused`, async (t) => {
    t.strictSame(await decompressed(LONG_SEQUENCES, 4_000_000), { kind: 'refused' });
  });
}

t.test('nothing, and nothing where nothing may come', async (t) => {
  // The reference decoder's wrapper cannot tell what is empty from what is damaged.
  const { decompress } = native;
  const empty = { kind: 'ok', bytes: Buffer.alloc(0) };
  t.strictSame(await decompress(rawFrame(''), 0), empty);
  t.strictSame(await decompress(rawFrame(''), 100), empty);
  t.strictSame(await decompress(skippableFrame(Buffer.alloc(10)), 0), empty);
  t.strictSame(await decompress(rawFrame('a'), 0), { kind: 'refused' });
  t.strictSame(await reference.decompress(rawFrame(''), 0), empty);
});

t.test('a large job gives its memory back with its thread', async (t) => {
  const before = threads;
  for (const _ of [1, 2])
    t.match(await reference.decompress(rawFrame('x'), 20_000_000), { kind: 'ok' });
  t.equal(threads, before + 2);
});

t.test(
  'without a module that can be used, threads of their own decompress, and say why',
  async (t) => {
    const reasons: string[] = [];
    const openWith = (path?: string) =>
      openDecompressor(
        { startThread: startZstdThread, baseBudgetMs: 120_000 },
        (reason) => reasons.push(reason),
        path,
      );
    const fallback = openWith('/none.node');
    t.match(await fallback.decompress(rawFrame('x'), 1), { kind: 'ok' });
    await fallback.close();
    t.match(reasons, [/none.node cannot be loaded/]);
    const before = threads;
    t.match(await openWith().decompress(rawFrame('x'), 1), { kind: 'ok' });
    t.equal(reasons.length, 1, 'and nothing where it can');
    t.equal(threads, before);
  },
);

t.test(
  'so many at once leave threads to others, large ones keep no small one waiting',
  async (t) => {
    const begun: { readonly bytes: number; readonly end: (length: number) => void }[] = [];
    const zstd = makeNativeDecompressor({
      decompress: (_, content) => new Promise((end) => begun.push({ bytes: content.length, end })),
    });
    const some = Buffer.alloc(10);
    const jobs: Promise<unknown>[] = [];
    for (let job = 0; job < 3; job++) jobs.push(zstd.decompress(some, 5_000_000));
    for (let job = 0; job < 4 + 128; job++) jobs.push(zstd.decompress(some, 10));
    await new Promise(setImmediate);
    t.strictSame(
      begun.map(({ bytes }) => bytes),
      [5_000_000, 10, 10, 10, 10],
    );
    t.strictSame(
      await zstd.decompress(some, 10),
      { kind: 'no_time' },
      'no more wait than can be served',
    );
    begun[1]!.end(-1);
    t.strictSame(await jobs[3], { kind: 'refused' });
    begun[2]!.end(-2);
    t.strictSame(await jobs[4], { kind: 'no_time' }, 'without memory for it');
    begun[0]!.end(5);
    t.match(await jobs[0], { kind: 'ok', bytes: { length: 5 } });
    await new Promise(setImmediate);
    t.strictSame(
      begun.slice(5).map(({ bytes }) => bytes),
      [10, 10, 5_000_000],
      'each place that is left goes to the next',
    );
    await zstd.close();
    for (const { end } of begun) end(1);
    const results = await Promise.allSettled(jobs);
    t.equal(results.filter(({ status }) => status === 'rejected').length, 1 + 128 - 2);
    t.match(results.at(-1), { reason: { message: 'stopping' } });
  },
);

// Threads that do what the data says.
const ODD_THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ data }) => {
    const word = Buffer.from(data).toString();
    if (word === 'loop') for (;;);
    if (word === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (word === 'crash') throw new Error('out of order');
    if (word === 'exit') process.exit(3);
    parentPort.postMessage({ kind: 'ok', bytes: new Uint8Array(data) });
  });
`;

t.test('a thread that loops, crashes or ends costs one job', async (t) => {
  let threads = 0;
  const zstd = makeReferenceDecompressor({
    startThread: () => {
      threads++;
      return new Worker(ODD_THREAD, { eval: true });
    },
    // In which a thread must have started too, however slow the machine is.
    baseBudgetMs: 5_000,
  });
  const run = (word: string) => zstd.decompress(Buffer.from(word), 10);
  const [first, loop, after, crash, exit, last] = await Promise.allSettled(
    ['a', 'loop', 'b', 'crash', 'exit', 'c'].map(run),
  );
  t.match(first, { value: { kind: 'ok' } });
  t.match(loop, { value: { kind: 'no_time' } });
  t.match(after, { value: { kind: 'ok' } });
  t.match(crash, { status: 'rejected', reason: { message: 'out of order' } });
  t.match(exit, { status: 'rejected', reason: { message: /ended with code 3/ } });
  t.match(last, { value: { kind: 'ok' } });
  t.equal(threads, 4);

  // Small bodies do not wait for large ones.
  const large = zstd.decompress(Buffer.from('wait'), 8_000_000);
  t.match(await run('e'), { kind: 'ok' });
  const busy = run('wait');
  const queue = Array.from({ length: 130 }, () => run('f'));
  t.strictSame(await queue[129], { kind: 'no_time' }, 'no more wait than can be served');
  t.strictSame([await large, await busy], [{ kind: 'no_time' }, { kind: 'no_time' }]);
  t.match(await queue[0], { kind: 'ok' });
  await Promise.all(queue);

  const running = run('wait');
  const waiting = run('d');
  await zstd.close();
  await t.rejects(running, { message: 'stopping' });
  await t.rejects(waiting, { message: 'stopping' });
});
