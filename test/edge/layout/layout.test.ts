/**
 * Layouts that the native module finds, held against parsing. Covers src/edge/layout/layout.ts,
 * src/core/json/layout.ts.
 */
import t from 'tap';
import { boundFault, MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import { isObject, type JsonObject } from '../../../src/core/json/jsonValue.ts';
import { pickedMembers } from '../../../src/core/json/layout.ts';
import { objectMembers } from '../../../src/core/json/scan.ts';
import { judgeReport } from '../../../src/core/submission/judgeReport.ts';
import { judgeSubmission } from '../../../src/core/submission/judgeSubmission.ts';
import {
  makeLayoutFinder,
  NOT_IN_ORDER,
  openLayoutFinder,
  type Shape,
} from '../../../src/edge/layout/layout.ts';
import { noFallback } from '../../support/noFallback.ts';
import { judgedTexts } from './bodies.ts';

const finder = openLayoutFinder(noFallback)!;
const find = (text: string | Uint8Array, shape: Shape) => finder.find(Buffer.from(text), shape);
const wrapped = (content: string, more = '') =>
  `{"format":"json"${more},"content":${JSON.stringify(content)}}`;

t.test('what lies where', async (t) => {
  const text = '{"a": [1, {"b":2}] ,"é\u{1f600}":"\\u00e9\\"","report_id":""}';
  const found = (await find(wrapped(text, ', "nym" : null'), 'text'))!;
  t.strictSame(Buffer.from(found.content.text).toString(), text);
  t.strictSame(found.content.members, objectMembers(Buffer.from(text), 0).members);
  t.strictSame(
    found.body.members.map(({ name }) => name),
    ['format', 'nym', 'content'],
  );
  const body = Buffer.from(`{"format":"json" , "x":{"y":1},"content":${text},"z":{"w":[]}}`);
  const inside = (await find(body, 'object'))!;
  t.equal(inside.content.text, inside.body.text);
  t.strictSame(inside.body.members, objectMembers(body, 0).members);
  t.strictSame(inside.content.members, objectMembers(body, body.indexOf('{"a"')).members);
});

t.test('a body that is found at once and one that takes a thread are told alike', async (t) => {
  const of = (blanks: number) => wrapped(`{"a":[${' '.repeat(blanks)}],"b":1}`);
  const small = finder.find(Buffer.from(of(65_000)), 'text');
  const large = finder.find(Buffer.from(of(66_000)), 'text');
  t.notOk(small instanceof Promise);
  t.ok(large instanceof Promise);
  const names = (layout: Awaited<typeof large>) => layout!.content.members.map(({ name }) => name);
  t.strictSame(names(await small), ['a', 'b']);
  t.strictSame(names(await large), ['a', 'b']);
  // Several that are found one after the other share no room.
  const one = (await finder.find(Buffer.from(wrapped('{"one":1}')), 'text'))!;
  await finder.find(Buffer.from(wrapped('{"another":"two"}')), 'text');
  t.equal(Buffer.from(one.content.text).toString(), '{"one":1}');
  t.strictSame(names(one), ['one']);
});

t.test('the last of a name counts; a long value is not made', async (t) => {
  const found = (await find('{"content":{"a":1,"b":[2],"a":3}}', 'object'))!;
  t.strictSame(pickedMembers(found.content, ['a', 'b', 'c']), { a: 3, b: [2] });
  const long = (await find(`{"content":{"a":"${'x'.repeat(131_071)}"}}`, 'object'))!;
  t.equal(pickedMembers(long.content, ['a']), undefined);
  t.strictSame(pickedMembers(long.content, ['b']), {});
});

t.test('every escape and every length of a character', async (t) => {
  const odd = '\u0000\b\f\n\r\t/\\"\u007f\u0080߿ࠀ퟿\ue000\uffff\u{10000}\u{10ffff}';
  for (let shift = 0; shift < 17; shift++) {
    const content = JSON.stringify({ a: 'x'.repeat(shift) + odd });
    const escaped = wrapped(content).replace(/[^\0-\x7f]/g, (unit) =>
      unit.charCodeAt(0) < 0x80 ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    for (const text of [wrapped(content), escaped]) {
      const found = await find(text, 'text');
      t.equal(found && Buffer.from(found.content.text).toString(), content, `after ${shift}`);
    }
  }
});

t.test('strings of a wrapped text, wherever in sixteen bytes something happens', async (t) => {
  const ends = [
    '"}',
    '\\\\"}',
    '\\""}',
    '\\"}',
    '\\u00e9"}',
    '\\u00g9"}',
    '\\x"}',
    '\n"}',
    '\\',
    '\\u0',
    'é"}',
    'é',
  ];
  for (const end of ends)
    for (let shift = 0; shift < 35; shift++)
      for (const before of ['x', 'й', '\\\\']) {
        const content = `{"a":"${before.repeat(shift)}${end}`;
        let isJson = true;
        try {
          JSON.parse(content);
        } catch {
          isJson = false;
        }
        const found = await find(wrapped(content), 'text');
        if ((found !== undefined) !== isJson) t.fail(`${isJson}: ${content}`);
      }
  t.pass();
});

t.test('what is left to be parsed', async (t) => {
  const deep = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const cases: [string, string | Uint8Array, Shape][] = [
    ['nothing', '', 'text'],
    ['no object', '[]', 'object'],
    ['blanks around it', ' {"content":{}}', 'object'],
    ['blanks behind it', '{"content":{}}\n', 'object'],
    ['more behind it', '{"content":{}}{}', 'object'],
    ['a mark of its order of bytes', '\ufeff{"content":{}}', 'object'],
    ['no content', '{"a":{}}', 'object'],
    ['two contents', '{"content":{},"content":{}}', 'object'],
    ['an escape in a name', '{"content":{},"\\u0061":1}', 'object'],
    ['an escape in a name inside', '{"content":{"\\u0061":1}}', 'object'],
    ['an object where a text belongs', '{"content":{}}', 'text'],
    ['two texts', '{"content":"{}","content":"{}"}', 'text'],
    ['a text that is none', wrapped('{"a":1'), 'text'],
    ['a text that is no object', wrapped('[]'), 'text'],
    ['blanks around the text', wrapped(' {}'), 'text'],
    ['half a pair', '{"content":"{\\"a\\":\\"\\ud800\\"}"}', 'text'],
    ['the wrong half first', '{"content":"{\\"a\\":\\"\\udc00\\ud800\\"}"}', 'text'],
    ['one level more', `{"content":${deep(MAX_DEPTH)}}`, 'object'],
    ['one level more, inside', wrapped(deep(MAX_DEPTH)), 'text'],
    ['more members than are told', `{"content":{${'"a":1,'.repeat(256)}"b":1}}`, 'object'],
    ['a string where an object belongs', '{"content":"{}"}', 'object'],
  ];
  for (const [name, text, shape] of cases) t.equal(await find(text, shape), undefined, name);
  t.ok(await find(`{"content":${deep(MAX_DEPTH - 1)}}`, 'object'));
  t.ok(await find(wrapped(deep(MAX_DEPTH - 1)), 'text'));
});

t.test('more values than are allowed', async (t) => {
  const of = (values: number) => `{"content":{"a":[${'0,'.repeat(values - 4)}0]}}`;
  const counts: number[] = [];
  const seen = makeLayoutFinder({
    layout: async (_json, _text, _room, mostValues) => {
      counts.push(mostValues);
      return NOT_IN_ORDER;
    },
    layoutNow: (_json, _text, _room, mostValues) => {
      counts.push(mostValues);
      return NOT_IN_ORDER;
    },
  });
  t.equal(await seen.find(Buffer.from(of(10)), 'object'), undefined);
  t.equal(await seen.find(Buffer.from(of(100_000)), 'object'), undefined);
  const [most, others] = counts as [number, number];
  t.equal(others, most);
  for (const values of [most, most + 1]) {
    const body = Buffer.from(of(values));
    t.equal((await finder.find(body, 'object')) === undefined, boundFault(body) !== undefined);
  }
});

t.test('a body with a layout is judged as the same without', async (t) => {
  const random = Buffer.alloc(12, 7);
  const setting = { collectorId: '1', random, credentialRules: undefined };
  const report = {
    reportId: '20260821T101501Z_webconnectivity_IT_30722_n1_0123456789abcdef',
    testName: 'webconnectivity',
    probeCc: 'IT',
    asn: '30722',
  };
  let laidOut = 0;
  let accepted = 0;
  let count = 0;
  for (const { text, shape } of judgedTexts(4_000)) {
    count++;
    const body = Buffer.from(text);
    const layout = await finder.find(body, shape);
    if (layout !== undefined) laidOut++;
    const judge = (known: typeof layout) => {
      const judgement =
        shape === 'text' ? judgeSubmission(body, setting, known) : judgeReport(report, body, known);
      if (judgement.kind !== 'accepted') return judgement;
      const { submission: made, ...rest } = judgement;
      const submission = typeof made === 'function' ? made('u') : made;
      const { make, ...fields } = submission;
      const { reportId, envelope } = make(1_700_000_000_000);
      return { ...rest, ...fields, reportId, envelope: Buffer.from(envelope).toString('latin1') };
    };
    const without = boundFault(body) === undefined ? judge(undefined) : 'above a bound';
    if (layout === undefined) {
      // Nothing usual is left to be parsed.
      if (shape === 'object' ? isUsual(text) : false) t.fail(`not laid out: ${text}`);
      continue;
    }
    if (typeof without === 'object' && 'envelope' in without) accepted++;
    const same = JSON.stringify(judge(layout)) === JSON.stringify(without);
    if (!same) t.strictSame(judge(layout), without, text.toString());
  }
  t.equal(count, 4_000);
  t.ok(laidOut > 1_200, `${laidOut} laid out`);
  t.ok(accepted > 400, `${accepted} accepted`);
});

function isUsual(text: string | Uint8Array): boolean {
  let body: unknown;
  try {
    body = JSON.parse(text.toString());
  } catch {
    return false;
  }
  const source = text.toString();
  return (
    isObject(body) &&
    isObject((body as JsonObject).content) &&
    !source.includes('\\') &&
    !source.includes('\ufffd') &&
    source.startsWith('{') &&
    source.endsWith('}') &&
    source.split('"content"').length === 2
  );
}
