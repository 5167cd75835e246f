import t from 'tap';
import { jsonTextBytes, looksLikeObject, setMember } from '../../../src/core/json/edit.ts';
import { randomText, seeded } from './texts.ts';

const set = (text: string, name: string, value: string) =>
  setMember(Buffer.from(text), name, value).toString();

t.test('a member gets a new value in its place, or is added at the end', (t) => {
  for (const [text, expected] of [
    ['{}', '{"x":"u"}'],
    ['{ }', '{ "x":"u"}'],
    ['{"a":1}', '{"a":1,"x":"u"}'],
    ['{"a":1 }', '{"a":1 ,"x":"u"}'],
    ['{"x":"t"}', '{"x":"u"}'],
    ['{"x" : true , "a":1.0}', '{"x" : "u" , "a":1.0}'],
    ['{"a":1e2,"x":{"x":[1,2]}}', '{"a":1e2,"x":"u"}'],
    ['{"\\u0078":"t","a":1}', '{"\\u0078":"u","a":1}'],
    // Each of the repeated ones: readers differ in which they take.
    ['{"x":"t","a":1,"x":"t"}', '{"x":"u","a":1,"x":"u"}'],
    // Only at the top.
    ['{"a":{"x":"t"}}', '{"a":{"x":"t"},"x":"u"}'],
    ['{"a":"\\"x\\":1"}', '{"a":"\\"x\\":1","x":"u"}'],
    ['{"a":1}\n', '{"a":1,"x":"u"}\n'],
    ['\r\n{"a":1}', '\r\n{"a":1,"x":"u"}'],
  ] as const)
    t.equal(set(text, 'x', '"u"'), expected, text);
  t.end();
});

t.test('random objects keep every other byte', (t) => {
  const random = seeded(7);
  for (let round = 0; round < 2000; round++) {
    const text = `{"report_id":${randomText(random)},"rest":${randomText(random)}}`;
    const edited = set(text, 'report_id', '"R"');
    const value = JSON.parse(edited) as Record<string, unknown>;
    const rest = text.slice(text.lastIndexOf(',"rest":'));
    if (value.report_id !== 'R') t.fail(text);
    if (!edited.endsWith(rest) || edited !== `{"report_id":${around(text)},"rest":${restOf(text)}}`)
      t.fail(`bytes around the member changed: ${text}`);
  }
  t.end();

  /** The new value with the whitespace that stood around the old one. */
  function around(text: string): string {
    const old = text.slice('{"report_id":'.length, text.lastIndexOf(',"rest":'));
    const [before] = /^[ \t\r\n]*/.exec(old)!;
    const [after] = /[ \t\r\n]*$/.exec(old)!;
    return `${before}"R"${after}`;
  }
  function restOf(text: string): string {
    return text.slice(text.lastIndexOf(',"rest":') + ',"rest":'.length, -1);
  }
});

t.test('what opens an object', (t) => {
  for (const [text, expected] of [
    ['{}', true],
    [' \n{', true],
    ['[{}]', false],
    ['', false],
    ['"{"', false],
  ] as const)
    t.equal(looksLikeObject(Buffer.from(text)), expected, text);
  t.end();
});

t.test('texts that UTF-8 cannot hold keep their value', (t) => {
  for (const [text, expected] of [
    ['{"a":"é😀"}', '{"a":"é😀"}'],
    ['{"a":"\ud800"}', '{"a":"\\ud800"}'],
    ['{"a":"\udc00x"}', '{"a":"\\udc00x"}'],
    ['{"a":"\ud83d\ude00\ud83d"}', '{"a":"😀\\ud83d"}'],
    ['{"\udfff":1}', '{"\\udfff":1}'],
  ] as const) {
    const bytes = jsonTextBytes(text);
    t.equal(bytes.toString(), expected);
    t.strictSame(JSON.parse(bytes.toString()), JSON.parse(text));
  }
  t.end();
});
