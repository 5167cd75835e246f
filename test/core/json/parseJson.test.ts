/**
 * Covers src/core/json/jsonValue.ts.
 */
import t from 'tap';
import { isObject, member } from '../../../src/core/json/jsonValue.ts';
import { isWellFormed, parseJsonBytes, parseJsonText } from '../../../src/core/json/parseJson.ts';
import { shown, TRICKY_TEXTS } from './texts.ts';

t.test('valid texts', (t) => {
  for (const text of TRICKY_TEXTS) {
    const result = parseJsonBytes(Buffer.from(text));
    // Compared as texts: a member called constructor confuses comparisons of objects.
    const expected = JSON.stringify({ kind: 'ok', value: JSON.parse(text) });
    t.equal(JSON.stringify(result), expected, shown(text));
  }
  t.end();
});

t.test('refused, each with a reason', (t) => {
  const cases: [string, Buffer][] = [
    ['nothing', Buffer.from('')],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['NaN', Buffer.from('{"a":NaN}')],
    ['Infinity', Buffer.from('[-Infinity]')],
    ['a comment', Buffer.from('{} // x')],
    ['a trailing comma', Buffer.from('[1,]')],
    ['single quotes', Buffer.from("{'a':1}")],
    ['a leading zero', Buffer.from('01')],
    ['a plus sign', Buffer.from('+1')],
    ['a bare point', Buffer.from('1.')],
    ['a line break in a text', Buffer.from('"a\nb"')],
    ['two values', Buffer.from('{}{}')],
    ['cut off', Buffer.from('{"a":"')],
    ['Latin-1', Buffer.from([0x22, 0xe9, 0x22])],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ];
  for (const [name, bytes] of cases) {
    const result = parseJsonBytes(bytes);
    t.match(result, { kind: 'invalid', reason: /^not (valid UTF-8|JSON)/ }, name);
  }
  t.end();
});

t.test('a reason does not quote what was sent', (t) => {
  const secret = 'client-address-192.0.2.77';
  for (const text of [`{"a":"${secret}" x}`, `${secret}`, `{"${secret}":1,}`]) {
    const result = parseJsonText(text);
    t.equal(result.kind, 'invalid');
    t.notMatch(JSON.stringify(result), secret, text);
  }
  t.end();
});

t.test('members are the object’s own', (t) => {
  const object = JSON.parse('{"a":1,"__proto__":{"b":2}}') as unknown;
  t.ok(isObject(object));
  if (!isObject(object)) return;
  t.equal(member(object, 'a'), 1);
  t.equal(member(object, 'b'), undefined);
  t.equal(member(object, 'toString'), undefined);
  t.strictSame(member(object, '__proto__'), { b: 2 });
  for (const other of [[], null, 'x', 1, true, undefined]) t.equal(isObject(other), false);
  t.end();
});

t.test('texts that are no Unicode', (t) => {
  for (const [text, expected] of [
    ['"\\ud83d\\ude00"', true],
    ['{"a":["\\u0000",1,null,true,{}]}', true],
    ['"\\ud83d"', false],
    ['"\\ude00\\ud83d"', false],
    ['{"a":[1,{"b":"\\udfff"}]}', false],
    ['{"a":{"\\ud800":1}}', false],
  ] as const)
    t.equal(isWellFormed(JSON.parse(text)), expected, text);
  t.end();
});
