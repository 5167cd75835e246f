import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import {
  type BodyLimits,
  type BodyResult,
  readBody,
  readGzipBody,
} from '../../../src/edge/http/body.ts';
import { openLetGo } from '../../../src/edge/http/letGo.ts';
import { makeMemoryBudget } from '../../../src/edge/http/memory.ts';
import { noFallback } from '../../support/noFallback.ts';

type Read = (request: IncomingMessage, limits: BodyLimits) => Promise<BodyResult>;

/** Sends chunks to a server that reads them with `read`; resolves with what it read. */
async function send(
  t: { teardown(step: () => unknown): unknown },
  read: Read,
  chunks: readonly Buffer[],
  options: {
    maxBytes?: number;
    budget?: number;
    length?: boolean;
    cutOff?: boolean;
    hangs?: boolean;
  } & Partial<BodyLimits> = {},
): Promise<BodyResult & { usedBytes: number }> {
  const memory = makeMemoryBudget(options.budget ?? 1e9);
  const lease = memory.lease();
  const result = new Promise<BodyResult>((resolve, reject) => {
    const server = createServer((incoming, response) => {
      if (options.cutOff) setTimeout(() => outgoing.destroy(), 50);
      read(incoming, { ...options, maxBytes: options.maxBytes ?? 1e6, lease }).then((body) => {
        response.end('x');
        resolve(body);
      }, reject);
    });
    let outgoing: ClientRequest;
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const headers = options.length
        ? { 'Content-Length': Buffer.concat([...chunks]).length }
        : undefined;
      outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers });
      outgoing.on('response', (response) => response.resume());
      outgoing.on('error', () => {});
      for (const chunk of chunks) outgoing.write(chunk);
      if (!options.cutOff && !options.hangs) outgoing.end();
    });
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
  });
  return { ...(await result), usedBytes: memory.usedBytes };
}

const text = Buffer.from('{"a":1}');
const megabyte = Buffer.alloc(1_000_000, 'x');

t.test('bodies as sent', async (t) => {
  t.match(await send(t, readBody, [text]), { kind: 'ok', bytes: text, usedBytes: 7 });
  t.match(await send(t, readBody, [text, text]), { bytes: Buffer.concat([text, text]) });
  t.match(await send(t, readBody, []), { kind: 'ok', bytes: Buffer.alloc(0) });
  t.match(await send(t, readBody, [megabyte]), { kind: 'ok', usedBytes: 1_000_000 });
});

t.test('the size is bounded with and without Content-Length', async (t) => {
  for (const length of [true, false]) {
    const over = await send(t, readBody, [megabyte, text], { length });
    t.match(over, { kind: 'too_large' }, `length ${length}`);
    t.ok(over.usedBytes <= 1_000_000);
    t.match(await send(t, readBody, [megabyte], { length }), { kind: 'ok' });
  }
});

t.test('the memory of all is bounded', async (t) => {
  const full = await send(t, readBody, [megabyte], { budget: 999_999 });
  t.match(full, { kind: 'no_room' });
  t.ok(full.usedBytes <= 999_999);
  for (const length of [true, false]) {
    const gzip = await send(t, readGzipBody, [gzipSync(megabyte)], { budget: 500_000, length });
    t.match(gzip, { kind: 'no_room' });
    const few = gzipSync(Buffer.alloc(100_000));
    t.match(await send(t, readGzipBody, [few], { budget: 99_999, length }), { kind: 'no_room' });
  }
});

t.test('a client that goes away', async (t) => {
  t.match(await send(t, readBody, [text], { cutOff: true }), { kind: 'aborted' });
  const half = gzipSync(megabyte).subarray(0, 100);
  t.match(await send(t, readGzipBody, [half], { cutOff: true }), { kind: 'aborted' });
});

for (const length of [true, false])
  t.test(`gzip, ${length ? 'with' : 'without'} its length`, async (t) => {
    const zipped = gzipSync(text);
    const gunzip = (chunks: readonly Buffer[]) => send(t, readGzipBody, chunks, { length });
    t.match(await gunzip([zipped]), { kind: 'ok', bytes: text, usedBytes: 7 });
    t.match(await gunzip([zipped, zipped]), { bytes: Buffer.concat([text, text]) });
    t.match(
      await gunzip([...zipped].map((byte) => Buffer.from([byte]))),
      { kind: 'ok', bytes: text },
      'byte by byte',
    );
    for (const [name, chunks, reason] of [
      ['cut off', [zipped.subarray(0, -1)], 'unexpected end of file'],
      ['nothing', [Buffer.alloc(0)], 'unexpected end of file'],
      ['not gzip', [text], 'incorrect header check'],
      ['not gzip, and longer', [Buffer.alloc(100, 'x')], 'incorrect header check'],
      ['damaged', [Buffer.concat([zipped.subarray(0, 12), text])], ''],
    ] as const)
      t.match(await gunzip(chunks), { kind: 'invalid', reason: `gzip: ${reason}` }, name);
    for (const bytes of [0, 1, 16_383, 16_384, 131_071, 131_072, 131_073]) {
      const content = Buffer.alloc(bytes, 'text ');
      const all = { kind: 'ok', bytes: content, usedBytes: bytes };
      t.match(await gunzip([gzipSync(content)]), all, `${bytes} bytes`);
      // The last member says 0 of itself.
      t.match(await gunzip([gzipSync(content), gzipSync('')]), all, `${bytes} bytes and none`);
    }
  });

t.test('a gzip bomb stops at the bound', async (t) => {
  const many = gzipSync(Buffer.alloc(100_000_000));
  const small = gzipSync(Buffer.alloc(10_000_000));
  t.ok(small.length < 16_384 && many.length > 16_384);
  const liar = Buffer.concat([small, gzipSync('')]);
  for (const [bomb, maxBytes] of [
    [many, 1_000_000],
    [small, 1_000_000],
    [liar, 1_000_000],
    [gzipSync(Buffer.alloc(100_000)), 99_999],
  ] as const)
    for (const length of [true, false]) {
      const result = await send(t, readGzipBody, [bomb], { maxBytes, length });
      t.match(result, { kind: 'too_large' });
      t.ok(result.usedBytes <= maxBytes, `${result.usedBytes} bytes held`);
    }
});

t.test('gzip: what comes out of so much is bounded too', async (t) => {
  const blanks = gzipSync(Buffer.alloc(4_000_000, ' '));
  const maxBytesOf = (compressed: number) => Math.max(1_000_000, compressed * 100);
  const limits = { maxBytes: 1e7, maxBytesOf };
  for (const length of [true, false])
    t.match(await send(t, readGzipBody, [blanks], { ...limits, length }), {
      kind: 'too_large',
      reason: /^gzip: \d+ bytes of \d+$/,
    });
  const few = gzipSync(Buffer.alloc(100_000));
  const tight = { maxBytes: 1e7, maxBytesOf: () => 99_999, length: true };
  t.match(await send(t, readGzipBody, [few], tight), {
    kind: 'too_large',
    reason: `gzip: 100000 bytes of ${few.length}`,
  });
  const noise = Buffer.from(
    Array.from({ length: 400_000 }, (_, at) => String((at * 2_654_435_761) % 4_294_967_296)).join(),
  );
  t.ok(noise.length > 4_000_000);
  t.match(await send(t, readGzipBody, [gzipSync(noise)], limits), { kind: 'ok', bytes: noise });
});

t.test('many small chunks and members', async (t) => {
  const bytes = Array.from({ length: 20_000 }, (_, at) => Buffer.from([97 + (at % 26)]));
  t.match(await send(t, readBody, bytes), { kind: 'ok', bytes: Buffer.concat(bytes) });
  const empty = gzipSync(Buffer.alloc(0));
  const members = Buffer.concat([...Array.from({ length: 20_000 }, () => empty), gzipSync(text)]);
  t.match(await send(t, readGzipBody, [members]), { kind: 'ok', bytes: text });
});

t.test('a client that stops, or sends drop by drop, is not waited for', async (t) => {
  const limits = { hangs: true, minBytesPerSecond: 1_000, slowAfterMs: 200 };
  for (const read of [readBody, readGzipBody])
    t.match(await send(t, read, [gzipSync(megabyte).subarray(0, 100)], limits), {
      kind: 'too_slow',
    });
});

t.test('a full memory makes room: the slowest that comes in goes', (t) => {
  let now = 0;
  const memory = makeMemoryBudget(1_000, () => now);
  const evicted: string[] = [];
  const body = (name: string, bytes: number) => {
    const lease = memory.lease();
    const end = lease.receive(() => evicted.push(name));
    t.equal(lease.grow(bytes), true, name);
    return { ...lease, end };
  };
  const [stalled, dripping, fast] = [body('stalled', 300), body('drip', 300), body('fast', 300)];
  const late = memory.lease();
  t.equal(late.grow(150), false, 'nobody is judged in its first moments');
  for (now = 500; now <= 5_000; now += 500) {
    dripping.grow(1);
    fast.grow(5);
  }
  t.equal(late.grow(200), true);
  t.strictSame(evicted, ['stalled']);
  t.equal(memory.usedBytes, 860);
  stalled.release();
  t.equal(memory.usedBytes, 860, 'its bytes were given back already');
  t.equal(late.grow(200), true);
  t.strictSame(evicted, ['stalled', 'drip']);
  fast.end();
  t.equal(late.grow(400), false, 'what is complete stays');
  t.equal(memory.lease().grow(2_000), false);
  t.strictSame(evicted, ['stalled', 'drip'], 'nobody goes for what never fits');

  const [big, small] = [body('big', 200), body('small', 20)];
  now += 5_000;
  const newcomer = memory.lease();
  t.equal(newcomer.grow(50), true);
  t.strictSame(evicted.slice(2), ['big'], 'not one that holds less than who asks');
  for (const lease of [late, fast, dripping, big, small, newcomer]) lease.release();
  t.equal(memory.usedBytes, 0);
  t.end();
});

t.test('leases', (t) => {
  const memory = makeMemoryBudget(10);
  const [one, two] = [memory.lease(), memory.lease()];
  t.equal(one.grow(6), true);
  t.equal(two.grow(5), false);
  t.equal(two.grow(4), true);
  t.equal(memory.usedBytes, 10);
  one.shrink(2);
  t.equal(memory.usedBytes, 8);
  one.shrink(100);
  t.equal(memory.usedBytes, 4, 'never more than it holds');
  one.release();
  two.release();
  two.release();
  t.equal(memory.usedBytes, 0);
  t.end();
});

t.test(
  'memory of large chunks is let go when they are put together, or with the lease',
  async (t) => {
    const letGo = openLetGo(noFallback);
    const memory = makeMemoryBudget(1e9, undefined, letGo);
    const read = async (lease: ReturnType<typeof memory.lease>, chunks: readonly Buffer[]) => {
      const request = Object.assign(new PassThrough(), { headers: {}, complete: true });
      for (const chunk of chunks) request.write(chunk);
      request.end();
      const body = await readBody(request as unknown as IncomingMessage, { maxBytes: 1e6, lease });
      if (body.kind !== 'ok') throw new Error(body.kind);
      return body.bytes;
    };
    const chunks = [30_000, 5, 20_000].map((bytes, at) => Buffer.alloc(bytes, 'abc'[at]));
    const expected = Buffer.concat(chunks);
    const several = memory.lease();
    t.strictSame(await read(several, chunks), expected);
    t.strictSame(
      chunks.map(({ length }) => length),
      [0, 5, 0],
    );
    several.release();
    const alone = Buffer.alloc(30_000, 'd');
    const one = memory.lease();
    const body = await read(one, [alone]);
    t.strictSame(body, Buffer.alloc(30_000, 'd'));
    one.release();
    t.equal(body.length, 0);
  },
);
