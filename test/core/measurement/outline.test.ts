import t from 'tap';
import { MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import { contentOfPost, parsedContent } from '../../../src/core/measurement/envelope.ts';
import { outlineOf } from '../../../src/core/measurement/outline.ts';
import { randomText, seeded, shown } from '../json/texts.ts';

/** What is published of an envelope, by either way of finding it. */
const told = (content: ReturnType<typeof contentOfPost>) =>
  content.kind === 'invalid'
    ? content
    : {
        ...content,
        line: Buffer.from(content.line).toString('latin1'),
        envelope: Buffer.from(content.envelope).toString('latin1'),
      };
const isSame = (post: Buffer) =>
  JSON.stringify(told(contentOfPost(post))) ===
  JSON.stringify(told(parsedContent(post, MAX_DEPTH)));

t.test('an ordinary envelope is taken apart without parsing it', (t) => {
  const ordinary = [
    '{"content":{},"format":"json"}',
    '{"format":"json","content":{"report_id":"R","input":null,"a":[{"\\u0061":1}]},"is_verified":"u"}',
    ' {"nym":1, "content" : {"input":["a","b"], "report_id":{"a":1} } , "format" : "json" }\n',
    '{"content":1,"format":"yaml","format":"json","content":{"input":"\\u00e9\\ud800é","input":"2"}}',
  ];
  for (const post of ordinary) {
    t.ok(outlineOf(Buffer.from(post)), post);
    t.ok(isSame(Buffer.from(post)), post);
  }
  t.end();
});

t.test('all that is not ordinary is left to the parser', (t) => {
  const others = [
    '{"format":"JSON","content":{}}', '{"format":"yaml","content":"a: 1"}', '{"content":{}}',
    '{"format":"json"}', '{"format":"json","content":[]}', '{"format":"json","content":"{}"}',
    '{"format":"json","c\\u006fntent":{}}', '{"format":"json","content":{"\\u0069nput":"x"}}',
    '{"format":"json","content":{},"n\\u0079m":1}', '[{"content":{},"format":"json"}]',
    '{"format":"json","content":{}', '{"format":"json","content":{"a":NaN}}', '\ufeff{}', '',
    `{"format":"json","content":{"a":${'['.repeat(127)}${']'.repeat(127)}}}`,
  ]; // biome-ignore format: a table
  for (const post of others) {
    t.equal(outlineOf(Buffer.from(post)), undefined, shown(post));
    t.ok(isSame(Buffer.from(post)), shown(post));
  }
  t.equal(outlineOf(Buffer.from('{"format":"json","content":{"a":"\xff"}}', 'latin1')), undefined);
  t.end();
});

t.test('both ways give the same of any text', (t) => {
  const random = seeded(20261126);
  const names = ['content', 'format', 'nym', 'report_id', 'input', 'other', 'c\\u006fntent'];
  const members = (of: number): string =>
    Array.from({ length: random(of) }, () => {
      const name = names[random(names.length)]!;
      const value =
        name === 'format'
          ? (['"json"', '"JSON"', '"yaml"', '1'][random(8)] ?? '"json"')
          : random(3) === 0
            ? randomText(random)
            : `{${members(4)}}`;
      return `${random(6) === 0 ? ' ' : ''}"${name}":${value}`;
    }).join(',');
  let plain = 0;
  for (let round = 0; round < 3_000; round++) {
    const post = Buffer.from(`{${members(6)}${random(2) === 0 ? '' : ',"format":"json"'}}`);
    if (outlineOf(post) !== undefined) plain++;
    if (!isSame(post)) t.fail(shown(post.toString()));
    if (post.length > 0) post[random(post.length)] = random(256);
    if (!isSame(post)) t.fail(shown(post.toString('latin1')));
  }
  t.ok(plain > 100, `${plain} ordinary ones`);
  t.end();
});
