/** JSON for reading. */
import t from 'tap';
import { indentedJson } from '../../../src/core/json/indented.ts';

t.test('a line for each member, literals as they are', (t) => {
  for (const [json, expected] of [
    ['1.0', '1.0'],
    ['{}', '{}'],
    ['[]', '[]'],
    [
      '{"a":[1e400,12345678901234567890],"b":{}}',
      '{\n  "a": [\n    1e400,\n    12345678901234567890\n  ],\n  "b": {}\n}',
    ],
    [String.raw`["\"{,:\\",true]`, '[\n  "\\"{,:\\\\",\n  true\n]'],
  ] as const)
    t.equal(indentedJson(json, 1_000), expected);
  t.end();
});

t.test('no more than was asked for', (t) => {
  t.equal(indentedJson(`["${'x'.repeat(1_000)}"]`, 10), '[\n  "xxxxx');
  t.equal(indentedJson('["cut in the mid', 100), '[\n  "cut in the mid');
  t.equal(indentedJson('[1]', 0), '');
  t.equal(indentedJson('['.repeat(50_000), 20).length, 20);
  t.end();
});
