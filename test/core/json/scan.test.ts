import t from 'tap';
import {
  hasMoreValuesThan,
  memberValue,
  objectMembers,
  skipSpace,
  skipValue,
  withoutWhitespace,
} from '../../../src/core/json/scan.ts';
import { randomText, seeded, shown, TRICKY_TEXTS } from './texts.ts';

const bytes = (text: string) => Buffer.from(text);
const slice = (json: Buffer, { start, end }: { start: number; end: number }) =>
  json.subarray(start, end).toString();

t.test('a value ends where it ends, whatever follows', (t) => {
  for (const text of TRICKY_TEXTS)
    for (const [before, after] of [
      ['', ''],
      ['', ' '],
      ['', ','],
      ['[', ']'],
      ['[', ' ,1]'],
      ['{"x":', '}'],
      ['{"x":', '\n}'],
    ] as const) {
      const json = bytes(before + text + after);
      const start = Buffer.byteLength(before);
      t.equal(
        skipValue(json, start),
        start + Buffer.byteLength(text),
        shown(before + text + after),
      );
    }
  t.end();
});

t.test('whitespace is JSON whitespace only', (t) => {
  t.equal(skipSpace(bytes(' \t\r\n1'), 0), 4);
  t.equal(skipSpace(bytes('\u00a01'), 0), 0);
  t.equal(skipSpace(bytes('\f1'), 0), 0);
  t.equal(skipSpace(bytes('  '), 0), 2);
  t.end();
});

t.test('members come in order, with their values as written', (t) => {
  const cases: [string, [string, string][]][] = [
    ['{}', []],
    [' { } ', []],
    ['{"a":1}', [['a', '1']]],
    [
      ' {\n "a" : 1.0 , "b":\t"x" } ',
      [
        ['a', '1.0'],
        ['b', '"x"'],
      ],
    ],
    [
      '{"a":{"b":[1,{"c":"}"}]},"d":[]}',
      [
        ['a', '{"b":[1,{"c":"}"}]}'],
        ['d', '[]'],
      ],
    ],
    [
      '{"\\u0061":1,"a\\"b":2,"é":3}',
      [
        ['a', '1'],
        ['a"b', '2'],
        ['é', '3'],
      ],
    ],
    [
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['{"":0}', [['', '0']]],
  ];
  for (const [text, expected] of cases) {
    const json = bytes(text);
    const { members, end } = objectMembers(json, 0);
    t.strictSame(
      members.map(({ name, value }) => [name, slice(json, value)]),
      expected,
      text,
    );
    t.equal(end, text.trimEnd() === text ? json.length : bytes(text.trimEnd()).length, text);
  }
  t.end();
});

t.test('the last of repeated members is the one that JSON.parse keeps', (t) => {
  const json = bytes('{"a":1,"b":2,"\\u0061":3}');
  t.equal(slice(json, memberValue(json, 0, 'a')!), '3');
  t.equal(memberValue(json, 0, 'c'), undefined);
  t.end();
});

t.test('removing whitespace leaves all else', (t) => {
  for (const [text, expected] of [
    ['{ "a" : [ 1.0 , 2 ] }', '{"a":[1.0,2]}'],
    ['\n"a b\\n c"\t', '"a b\\n c"'],
    ['" \\" "', '" \\" "'],
    ['   ', ''],
    ['', ''],
    ['1 ', '1'],
    [' 1', '1'],
    ['"\u2028 "', '"\u2028 "'],
  ] as const)
    t.equal(Buffer.from(withoutWhitespace(bytes(text))).toString(), expected, shown(text));
  t.end();
});

t.test('random texts', (t) => {
  const random = seeded(20210720);
  for (let round = 0; round < 3000; round++) {
    const text = randomText(random);
    const json = bytes(text);
    const start = skipSpace(json, 0);
    const value = JSON.parse(text) as unknown;
    const trimmed = bytes(text.replace(/[ \t\r\n]+$/, ''));
    if (skipValue(json, start) !== trimmed.length) t.fail(`end of ${text}`);

    const compact = Buffer.from(withoutWhitespace(json)).toString();
    // The reference: strings matched first, whitespace dropped between them.
    const expected = text.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_, string) => string ?? '');
    if (compact !== expected) t.fail(`without whitespace: ${text}`);

    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { members } = objectMembers(json, 0);
      const seen = Object.fromEntries(
        members.map((member) => [`.${member.name}`, JSON.parse(slice(json, member.value))]),
      );
      const wanted = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [`.${name}`, inner]),
      );
      if (JSON.stringify(sorted(seen)) !== JSON.stringify(sorted(wanted)))
        t.fail(`members of ${text}`);
    }
  }
  t.end();
});

function sorted(object: Record<string, unknown>): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}

t.test('values are counted without parsing', (t) => {
  for (const [text, values] of [
    ['[0,0,0,0,0,0]', 7],
    ['{"a":[],"b":{},"c":"x,[{,","d":"\\",,"}', 7],
    ['{"filler":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 2],
    ['[[[[[[[[[[[[', 13],
  ] as const) {
    t.notOk(hasMoreValuesThan(bytes(text), values), `${text}: no more than ${values}`);
    t.equal(hasMoreValuesThan(bytes(`${text}${' '.repeat(50)}`), values - 1), true, text);
  }
  t.notOk(hasMoreValuesThan(bytes(''), 0));
  t.end();
});

t.test('nesting as deep as a body can hold costs no stack', (t) => {
  const depth = 1_000_000;
  const json = bytes(`{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":1}`);
  t.strictSame(
    objectMembers(json, 0).members.map(({ name }) => name),
    ['a', 'b'],
  );
  t.end();
});
