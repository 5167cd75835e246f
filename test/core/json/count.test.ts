import t from 'tap';
import { hasMoreValuesThan } from '../../../src/core/json/count.ts';

t.test('values are counted outside of strings', async (t) => {
  for (const [text, count] of [
    ['[]', 1],
    ['[{},{}]', 4],
    [`{"a":"${','.repeat(50)}"}`, 1],
    [`{"a":"\\"${'['.repeat(50)}\\\\","b":[1,2]}`, 4],
    [`["\\\\",${'[],'.repeat(20)}1]`, 42],
    [`"${'{'.repeat(50)}`, 0],
    ['"\\"', 0],
  ] as const) {
    const padded = Buffer.from(text + ' '.repeat(100));
    t.equal(hasMoreValuesThan(padded, count), false, text);
    if (count > 0) t.equal(hasMoreValuesThan(padded, count - 1), true, text);
  }
});

t.test('a string of backslashes takes no more time than another', async (t) => {
  const text = Buffer.from(`"${'\\'.repeat(4_000_000)}"`);
  t.equal(hasMoreValuesThan(text, 10), false);
});
