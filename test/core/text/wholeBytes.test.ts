import { Readable } from 'node:stream';
import t from 'tap';
import { wholeBytes } from '../../../src/core/text/wholeBytes.ts';

t.test('a stream as one buffer, up to a bound', async (t) => {
  const stream = () => Readable.from([Buffer.from('ab'), Buffer.from('cd'), Buffer.from('ef')]);
  for (const [maxBytes, bytes] of [
    [0, undefined],
    [5, undefined],
    [6, 'abcdef'],
    [7, 'abcdef'],
  ] as const) {
    const from = stream();
    t.equal((await wholeBytes(from, maxBytes))?.toString(), bytes, `${maxBytes}`);
    t.ok(from.destroyed, 'nothing is left open');
  }
  t.equal((await wholeBytes(Readable.from([]), 0))?.length, 0);
});

t.test('what is too much is not read on', async (t) => {
  let asked = 0;
  async function* endless() {
    for (;;) {
      asked++;
      yield Buffer.alloc(10);
    }
  }
  t.equal(await wholeBytes(endless(), 25), undefined);
  t.equal(asked, 3);
});

t.test('its bytes are in memory of their own, and the error of a stream is thrown', async (t) => {
  const bytes = await wholeBytes(Readable.from([Buffer.from('ab')]), 10);
  t.equal(bytes!.buffer.byteLength, 2);
  async function* broken() {
    yield Buffer.from('a');
    throw new Error('broken off');
  }
  await t.rejects(wholeBytes(broken(), 10), { message: 'broken off' });
});
