import { createHash } from 'node:crypto';
import t from 'tap';
import { digestLines, splitLines } from '../../../src/core/text/lines.ts';

const cases = [
  ['nothing', '', []],
  ['one line', 'a\n', ['a']],
  ['without a last line feed', 'a\nb', ['a', 'b']],
  ['empty lines count', '\na\n\n', ['', 'a', '']],
  ['only line feeds split', 'a\rb\u2028c\n', ['a\rb\u2028c']],
  [
    'long ones',
    `${'x'.repeat(5_000)}\n${'é'.repeat(3_000)}\n`,
    ['x'.repeat(5_000), 'é'.repeat(3_000)],
  ],
] as const;

for (const [name, text, expected] of cases)
  t.test(name, async (t) => {
    const bytes = Buffer.from(text);
    for (const chunkBytes of [1, 3, 1_000, 100_000]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += chunkBytes)
        chunks.push(bytes.subarray(at, at + chunkBytes));
      const lines: string[] = [];
      for await (const line of splitLines(chunks)) lines.push(line.toString());
      t.same(lines, expected, `${chunkBytes} bytes at a time`);
      const digested: unknown[] = [];
      for await (const { bytes, ...digest } of digestLines(chunks, 10))
        digested.push({ ...digest, text: bytes?.toString() });
      t.same(
        digested,
        expected.map((line) => {
          const sizeBytes = Buffer.byteLength(line);
          const sha256 = createHash('sha256').update(line).digest('hex');
          return { sizeBytes, sha256, text: sizeBytes > 10 ? undefined : line };
        }),
      );
    }
  });

t.test('a line that does not end', async (t) => {
  let taken = 0;
  function* endless() {
    for (;;) {
      taken += 1_000;
      yield Buffer.alloc(1_000, 'x');
    }
  }
  await t.rejects(splitLines(endless(), 10_000).next(), {
    name: 'LineTooLong',
    message: 'a line has more than 10000 bytes',
  });
  t.equal(taken, 11_000);
});
