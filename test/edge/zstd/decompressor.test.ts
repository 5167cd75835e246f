/**
 * Covers src/edge/zstd/zstdThread.ts.
 */
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { makeZstdDecompressor } from '../../../src/edge/zstd/decompressor.ts';
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

t.test('the real thread', async (t) => {
  let threads = 0;
  const zstd = makeZstdDecompressor({
    startThread: () => {
      threads++;
      return startZstdThread();
    },
    baseBudgetMs: 120_000,
  });
  t.teardown(() => zstd.close());
  const decompressed = async (data: Buffer, bound = 100_000) => {
    const result = await zstd.decompress(data, bound);
    return result.kind === 'ok' ? result.bytes.toString() : result;
  };

  t.test('what the reference compressor makes', async (t) => {
    for (const [name, base64] of Object.entries(SAMPLES))
      t.equal(await decompressed(Buffer.from(base64, 'base64')), SAMPLE_TEXT, name);
  });

  t.test('several frames, with others to skip', async (t) => {
    const filler = skippableFrame(Buffer.alloc(1000));
    const data = [filler, rawFrame('ab'), filler, rawFrame('é'.repeat(90_000)), filler];
    t.equal(await decompressed(Buffer.concat(data), 200_000), `ab${'é'.repeat(90_000)}`);
  });

  t.test('exactly as much as was agreed', async (t) => {
    const data = Buffer.from(SAMPLES['a stream, no content size']!, 'base64');
    t.equal(await decompressed(data, SAMPLE_TEXT.length), SAMPLE_TEXT);
    t.strictSame(await decompressed(data, SAMPLE_TEXT.length - 1), { kind: 'refused' });
  });

  t.test('a bomb stops at the bound', async (t) => {
    t.strictSame(await decompressed(bomb(80_000), 1_000_000), { kind: 'refused' });
  });

  t.test('damaged data is an answer, and the thread goes on', async (t) => {
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

  t.test('a checksum that does not match', async (t) => {
    const good = Buffer.from(SAMPLES['content size and checksum']!, 'base64');
    const bad = Buffer.from(good);
    bad[bad.length - 1]! ^= 1;
    const refusal = { kind: 'refused' };
    t.strictSame(await decompressed(bad), refusal);
    t.strictSame(await decompressed(Buffer.concat([good, bad])), refusal);
    t.equal(await decompressed(Buffer.concat([good, good])), SAMPLE_TEXT + SAMPLE_TEXT);
  });

  t.test('many at once come back each to its own', async (t) => {
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`);
    t.strictSame(await Promise.all(texts.map((text) => decompressed(rawFrame(text)))), texts);
    t.equal(threads, 1);
  });

  t.test('blocks of one byte in the largest window take no longer than others', async (t) => {
    // A decoder that moves its window for each takes minutes.
    const one = block(0, 1, Buffer.from('a'), false);
    const all = Array.from({ length: 60_000 }, () => one);
    const hostile = windowFrame(23, ...all, block(0, 1, Buffer.from('a')));
    t.equal(await decompressed(hostile), 'a'.repeat(60_001));
  });

  t.test('sequences that make more than a block may hold are refused', async (t) => {
    t.strictSame(await decompressed(LONG_SEQUENCES, 4_000_000), { kind: 'refused' });
  });

  t.test('a large job gives its memory back with its thread', async (t) => {
    const before = threads;
    for (const _ of [1, 2]) t.equal((await decompressed(rawFrame('x'), 20_000_000)) as string, 'x');
    t.equal(threads, before + 2);
  });
});

// Threads that do what the data says.
const ODD_THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ data }) => {
    const word = Buffer.from(data).toString();
    if (word === 'loop') for (;;);
    if (word === 'crash') throw new Error('out of order');
    if (word === 'exit') process.exit(3);
    parentPort.postMessage({ kind: 'ok', bytes: new Uint8Array(data) });
  });
`;

t.test('a thread that loops, crashes or ends costs one job', async (t) => {
  let threads = 0;
  const zstd = makeZstdDecompressor({
    startThread: () => {
      threads++;
      return new Worker(ODD_THREAD, { eval: true });
    },
    baseBudgetMs: 1_500,
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
  const largeLoop = zstd.decompress(Buffer.from('loop'), 8_000_000);
  t.match(await run('e'), { kind: 'ok' });
  t.match(await largeLoop, { kind: 'no_time' });

  const busy = run('loop');
  const queue = Array.from({ length: 130 }, () => run('f'));
  t.strictSame(await queue[129], { kind: 'no_time' }, 'no more wait than can be served');
  t.strictSame(await busy, { kind: 'no_time' });
  t.match(await queue[0], { kind: 'ok' });
  await Promise.all(queue);

  const running = run('loop');
  const waiting = run('d');
  await zstd.close();
  await t.rejects(running, { message: 'stopping' });
  await t.rejects(waiting, { message: 'stopping' });
});
