/** What reaches a terminal of texts from outside. */
import t from 'tap';
import { printable, printableLines } from '../../../src/core/text/printable.ts';

const CASES = [
  ['plain text, ünïcödé and 👩‍🔬', 'plain text, ünïcödé and 👩‍🔬'],
  ['\u001b[2J\u001b[31mred', '\\u001b[2J\\u001b[31mred'],
  ['\u009b31m\u0085\u007f', '\\u009b31m\\u0085\\u007f'],
  ['a\r\nVERIFIED\t\0', 'a\\u000d\\u000aVERIFIED\\u0009\\u0000'],
  ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['evil\u202etxt.exe \u2066x\u2069 \u200f', 'evil\\u202etxt.exe \\u2066x\\u2069 \\u200f'],
] as const;

t.test('what would act on a terminal is shown', async (t) => {
  for (const [text, expected] of CASES) t.equal(printable(text), expected);
  t.equal(printableLines('a\u001b\nb'), 'a\\u001b\nb', 'lines stay lines');
});

t.test('JSON keeps its meaning', async (t) => {
  for (const [text] of CASES) t.equal(JSON.parse(printable(JSON.stringify(text))), text);
});
