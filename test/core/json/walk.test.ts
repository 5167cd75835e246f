/** Covers src/core/json/tokens.ts. */
import t from 'tap';
import { boundFault } from '../../../src/core/json/bounds.ts';
import { objectMembers } from '../../../src/core/json/scan.ts';
import { walkJson } from '../../../src/core/json/walk.ts';
import { randomText, seeded, shown, TRICKY_TEXTS } from './texts.ts';

const isJson = (text: Uint8Array) => walkJson(text, 1_000_000, 128, () => {});
const parses = (text: Buffer) => {
  try {
    JSON.parse(text.toString('latin1'));
    return true;
  } catch {
    return false;
  }
};

t.test('takes what JSON.parse takes, and nothing else', (t) => {
  const random = seeded(7);
  const texts = [
    ...TRICKY_TEXTS,
    ...Array.from({ length: 400 }, () => randomText(random)),
    ...['', ' ', '01', '-', '+1', '.5', '1.', '1e', '1e+', '-01', '1.5.5', '0x1', 'NaN', 'Infinity'],
    ...['"', '"\\', '"\\x"', '"\\u00g0"', '"\\u00"', '"\u0001"', '"a\nb"', "'a'", 'tru', 'truee'],
    ...['[', ']', '{', '}', '[1', '[1,]', '[,1]', '{"a"}', '{"a":}', '{"a":1,}', '{1:1}', '{"a" 1}'],
    ...['[}', '{]', '[1 2]', '{}{}', '1 1', '\ufeff1', '[1]\u00a0', '[\f1]', '{"a":1 "b":2}', '{,}'],
  ]; // biome-ignore format: tables
  const wrong: string[] = [];
  for (const text of texts) {
    const whole = Buffer.from(text);
    if (isJson(whole) !== parses(whole)) wrong.push(text);
    // Damaged in one place each: most are no JSON any more, some are.
    for (let round = 0; round < 20 && whole.length > 0; round++) {
      const at = random(whole.length);
      const damaged = Buffer.from(whole);
      damaged[at] = '"\\{}[]:,0-.eE+ \n\u0000ut'.charCodeAt(random(19));
      const cut = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
      for (const other of [damaged, cut, whole.subarray(0, at)])
        if (isJson(other) !== parses(other)) wrong.push(other.toString('latin1'));
    }
  }
  t.same(wrong.map(shown), []);
  t.end();
});

t.test('its bounds are those of boundFault', (t) => {
  const random = seeded(11);
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const texts = [
    deep(3), deep(4), deep(5), '[1,2,3]', '[1,2,3,4]', '{"a":1,"b":2,"c":3}', '["[[[[[["]',
    ...Array.from({ length: 300 }, () => randomText(random)),
  ]; // biome-ignore format: a table
  const wrong: string[] = [];
  for (const text of texts)
    for (const [maxValues, maxDepth] of [[3, 4], [4, 4], [8, 3], [100, 2]] as const) {
      const bytes = Buffer.from(text);
      const expected = boundFault(bytes, maxValues, maxDepth) === undefined;
      if (walkJson(bytes, maxValues, maxDepth, () => {}) !== expected) wrong.push(shown(text));
    } // biome-ignore format: a table
  t.same(wrong, []);
  t.end();
});

t.test('tells the members of two levels, inner ones first', (t) => {
  const told = (text: string) => {
    const json = Buffer.from(text);
    const found: unknown[] = [];
    walkJson(json, 100, 10, (level, nameStart, nameEnd, start, end, hasBlanks) =>
      found.push([
        level,
        json.toString('utf8', nameStart, nameEnd),
        json.toString('utf8', start, end),
        ...(hasBlanks ? ['blanks'] : []),
      ]),
    );
    return found;
  };
  t.same(told(' { "a" : 1 , "b":{"c" :{"d":2},"e":[ ]} , "f":[{"g":1}]}'), [
    [1, 'a', '1'],
    [2, 'c', '{"d":2}'],
    [2, 'e', '[ ]', 'blanks'],
    [1, 'b', '{"c" :{"d":2},"e":[ ]}', 'blanks'],
    [1, 'f', '[{"g":1}]'],
  ]);
  const random = seeded(13);
  for (let round = 0; round < 500; round++) {
    const text = `{"x":${randomText(random)},"y":{"z":${randomText(random)}}}`;
    const json = Buffer.from(text);
    const expected = objectMembers(json, 0).members.map(({ value }) => value.start);
    const starts: number[] = [];
    walkJson(json, 10_000, 100, (level, _, __, start) => {
      if (level === 1) starts.push(start);
    });
    if (String(starts) !== String(expected)) t.fail(shown(text));
  }
  t.end();
});
