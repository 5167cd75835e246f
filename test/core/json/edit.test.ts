import t from 'tap';
import { editMembers, jsonTextBytes } from '../../../src/core/json/edit.ts';
import { randomText, seeded } from './texts.ts';

const setMember = (json: Uint8Array, name: string, value: string) =>
  Buffer.from(editMembers(json, { set: { [name]: value } }));
const set = (text: string, name: string, value: string) =>
  setMember(Buffer.from(text), name, value).toString();

t.test('what stands around the text is written with it, whatever its length', (t) => {
  for (const size of [0, 10, 5_000, 100_000]) {
    const text = `{"a":"${'x'.repeat(size)}"}`;
    const around = { before: `[${'é'.repeat(size)},`, after: ',"ü"]' };
    const made = editMembers(Buffer.from(text), { set: { b: '1' } }, around);
    t.equal(
      Buffer.from(made).toString(),
      `${around.before}${text.slice(0, -1)},"b":1}${around.after}`,
    );
  }
  t.end();
});

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

t.test('members go, however they are written', (t) => {
  const edits = { set: { u: '1' }, drop: ['nym', 'zkp'], lastOnly: ['c'] };
  for (const [text, expected] of [
    ['{"nym":"x","a":1}', '{"a":1,"u":1}'],
    ['{"a":1,"nym":"x"}', '{"a":1,"u":1}'],
    ['{ "a" : 1 , "nym" : "x" , "b" : 2 }', '{ "a" : 1 , "b" : 2 ,"u":1}'],
    ['{"nym":"x"}', '{"u":1}'],
    ['{ "nym":1 , "zkp":2 }', '{  "u":1}'],
    ['{"\\u006eym":1,"u":0,"n\\u0079m":{"nym":[1]},"zkp":3}', '{"u":1}'],
    ['{"nym":1,"a":1,"nym":2,"zkp":3,"b":2,"nym":4}', '{"a":1,"b":2,"u":1}'],
    ['{"c":{"nym":1},"a":1,"c":{"nym":2}}', '{"a":1,"c":{"nym":2},"u":1}'],
    ['{"c":1,"\\u0063":2,"nym":1}', '{"\\u0063":2,"u":1}'],
    ['{"a":{"nym":1},"NYM":2}', '{"a":{"nym":1},"NYM":2,"u":1}'],
  ] as const)
    t.equal(Buffer.from(editMembers(Buffer.from(text), edits)).toString(), expected, text);
  t.end();
});

t.test('random objects lose what goes and nothing else', (t) => {
  const random = seeded(11);
  for (let round = 0; round < 2000; round++) {
    const members = Array.from({ length: 1 + random(5) }, (_, index) => {
      const name = random(2) === 0 ? ['"nym"', '"n\\u0079m"', '"c"'][index % 3]! : `"m${index}"`;
      return [name, `${name} :${randomText(random)}`] as const;
    });
    const lastC = members.findLastIndex(([name]) => name === '"c"');
    const text = `{${members.map(([, member]) => member).join(',')}}`;
    const kept = members.filter(
      ([name], index) => name.startsWith('"m') || (name === '"c"' && index === lastC),
    );
    const edited = Buffer.from(
      editMembers(Buffer.from(text), { drop: ['nym'], lastOnly: ['c'] }),
    ).toString();
    const blankless = (json: string) => JSON.stringify(JSON.parse(json));
    const expected = `{${kept.map(([, member]) => member).join(',')}}`;
    if (blankless(edited) !== blankless(expected)) t.fail(`${text} became ${edited}`);
  }
  t.end();
});

t.test('many repeated members take no more memory than the text', (t) => {
  const text = Buffer.from(`{${'"x":1,'.repeat(300_000)}"x":1}`);
  t.equal(setMember(text, 'x', '22').length, text.length + 300_001);
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
