import t from 'tap';
import { splitLines } from '../../../src/core/archive/lines.ts';

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
    }
  });
