import t from 'tap';
import { lineOf } from '../../../src/core/text/lines.ts';

t.test('a line by its number, in whatever pieces the text comes', async (t) => {
  const text = 'zero\n\ntwo\nthree';
  const expected = ['zero', '', 'two', 'three', undefined, undefined];
  for (const size of [1, 2, 3, 7, 100]) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < text.length; at += size)
      chunks.push(Buffer.from(text.slice(at, at + size)));
    for (const [number, line] of expected.entries())
      t.equal((await lineOf(chunks, number, 100))?.toString(), line, `line ${number} of ${size}`);
  }
  t.equal(await lineOf([], 0, 100), undefined);
  t.equal(
    await lineOf([Buffer.from('a\n')], 1, 100),
    undefined,
    'nothing after the last line feed',
  );
});

t.test('reads no further than needed, and never more than allowed', async (t) => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read++;
      yield Buffer.from('0123456789\n');
    }
  }
  t.equal((await lineOf(endless(), 2, 100))?.toString(), '0123456789');
  t.equal(read, 3);
  await t.rejects(lineOf([Buffer.from('0123456789'), Buffer.from('0')], 0, 10), {
    name: 'LineTooLong',
  });
  t.equal((await lineOf([Buffer.from('0123456789'), Buffer.from('\n')], 0, 10))?.length, 10);
});
