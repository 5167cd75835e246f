import t from 'tap';
import { boundFault, MAX_DEPTH } from '../../../src/core/json/bounds.ts';

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
    t.equal(boundFault(padded, count), undefined, text);
    if (count > 0) t.equal(boundFault(padded, count - 1), 'too_many_values', text);
  }
});

t.test('levels are counted outside of strings', async (t) => {
  for (const [text, depth] of [
    ['1', 0],
    ['[]', 1],
    ['{"a":[{}],"b":[[]]}', 3],
    ['[[],[],[[1]],{}]', 3],
    [`{"a":"${'['.repeat(50)}"}`, 1],
    [`{"\\"[[[":["\\\\"]}`, 2],
    [`${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`, MAX_DEPTH],
  ] as const) {
    for (const blanks of [0, 100_000]) {
      const bytes = Buffer.from(text + ' '.repeat(blanks));
      t.equal(boundFault(bytes, 1e9, depth), undefined, text);
      if (depth > 0) t.equal(boundFault(bytes, 1e9, depth - 1), 'too_deep', text);
    }
  }
});

t.test('what is no JSON ends as well', async (t) => {
  t.equal(boundFault(Buffer.from(']'.repeat(1000) + '['.repeat(1000))), undefined);
  // Each string costs a search; no JSON has more than two a value.
  t.equal(boundFault(Buffer.from('""'.repeat(30)), 10), 'too_many_values');
  t.equal(boundFault(Buffer.from(`{${'"a":"b",'.repeat(10)}"a":"b"}`), 11), undefined);
});

t.test('a string of backslashes takes no more time than another', async (t) => {
  const text = Buffer.from(`"${'\\'.repeat(4_000_000)}"`);
  t.equal(boundFault(text, 10), undefined);
});
