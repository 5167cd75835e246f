/** Outlines that the native module finds, held against those that JavaScript finds, and the module under the compiler's checks. */
import t from 'tap';
import { MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import { type Outline, outlineOf } from '../../../src/core/measurement/outline.ts';
import { openOutlines } from '../../../src/edge/layout/outlines.ts';
import { loadNative } from '../../../src/native/nativeModule.ts';
import { runSanitized } from '../../support/sanitizedModule.ts';
import { judgedTexts } from './bodies.ts';
import type { OutlineReport } from './outlinesProgram.ts';

const loaded = loadNative();
if (loaded.kind === 'unusable') throw new Error(`${loaded.reason} (make build)`);
const find = openOutlines();

t.test('of ordinary envelopes', async (t) => {
  const nested = (levels: number) =>
    `{"format":"json","content":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
  const ordinary = [
    '{"content":{},"format":"json"}',
    '{"format":"json","content":{"report_id":"R","input":null,"a":[{"\\u0061":1}]},"is_verified":"u"}',
    '{"nym":1, "content" : {"input":["a","b"], "report_id":{"a":1} } , "format" : "json" }',
    '{"content":{"a": 1},"content":{"a":1} ,"zkp_request":0,"format":"json"}',
    '{"content":1,"format":"yaml","format":"json","content":{"input":"\\u00e9\\ud800é","input":"2"}}',
    '{"other":{"report_id":1},"content":{"report_id":2,"x":{"input":3}},"format":"json"}',
    nested(MAX_DEPTH - 2),
  ].map((post) => Buffer.from(post));
  t.strictSame(await find(ordinary), ordinary.map(outlineOf));
  t.notOk(ordinary.map(outlineOf).includes(undefined));
});

t.test('what is not ordinary, or not for the module, is left to JavaScript', async (t) => {
  const others = [
    '{"format":"JSON","content":{}}', '{"format":"json"}', '{"format":"json","content":[]}',
    '{"format":"json","c\\u006fntent":{}}', '{"format":"json","content":{"\\u0069nput":"x"}}',
    '{"format":"json","content":{}', '{"format":"json","content":{"a":NaN}}', '', ' ', '{}', '[]',
    '{"format":"json","content":{"a":"\xff"}}',
    `{"format":"json","content":{"a":${'['.repeat(127)}${']'.repeat(127)}}}`,
    ' {"content":{},"format":"json"}', '{"content":{},"format":"json"}\n',
    `{"content":{${Array.from({ length: 256 }, (_, at) => `"${at}":0`).join(',')}},"format":"json"}`,
  ].map((post) => Buffer.from(post, 'latin1')); // biome-ignore format: a table
  t.strictSame(
    await find(others),
    others.map(() => undefined),
  );
});

t.test('both say the same of any text', async (t) => {
  const posts = [...judgedTexts(4_000, 11)].map(({ text }) => Buffer.from(text));
  const found: (Outline | undefined)[] = [];
  for (let at = 0; at < posts.length; at += 500)
    found.push(...(await find(posts.slice(at, at + 500))));
  const isOfTheModule = (post: Buffer) => post.at(0) === 0x7b && post.at(-1) === 0x7d;
  const wrong = posts.findIndex(
    (post, at) =>
      JSON.stringify(found[at]) !==
      JSON.stringify(isOfTheModule(post) ? outlineOf(post) : undefined),
  );
  t.equal(wrong, -1, posts[wrong]?.toString() ?? 'none differs');
  const count = found.filter((outline) => outline !== undefined).length;
  t.ok(count > 1_000 && count < 3_500, `${count} ordinary ones`);
});

t.test('where the module cannot be used, all are left to JavaScript', async (t) => {
  const without = openOutlines('/nowhere/native.node');
  t.strictSame(await without([Buffer.from('{"content":{},"format":"json"}')]), [undefined]);
});

t.test('the module under the checks of memory and undefined behaviour', async (t) => {
  const { status, signal, stdout, stderr } = runSanitized(
    new URL('./outlinesProgram.ts', import.meta.url),
  );
  t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  const report = JSON.parse(stdout) as OutlineReport;
  t.strictSame(report.wrong, []);
  t.ok(report.found > 1_000 && report.refused > 100, JSON.stringify(report));
});
