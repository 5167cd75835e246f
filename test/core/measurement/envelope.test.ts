import t from 'tap';
import { MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import {
  contentOfPost,
  contentPublishedAs,
  legacyEnvelope,
  submissionEnvelope,
} from '../../../src/core/measurement/envelope.ts';
import { randomText, seeded, shown } from '../json/texts.ts';

const legacy = (text: string) =>
  Buffer.from(legacyEnvelope(Buffer.from(text), JSON.parse(text).format)).toString();
const submitted = (content: string) =>
  Buffer.from(
    submissionEnvelope({
      content: Buffer.from(content),
      reportId: 'R',
      protocolVersion: null,
      manifestVersion: null,
      isVerified: 'u',
    }),
  ).toString();
const contentOf = (post: string) => {
  const result = contentOfPost(Buffer.from(post));
  if (result.kind === 'invalid') return result;
  const { envelope: _, ...rest } = result;
  return { ...rest, line: Buffer.from(result.line).toString() };
};

t.test('legacy: is_verified is ours, all else stays', (t) => {
  for (const [text, expected] of [
    [
      '{"format":"json","content":{"a":1.0}}',
      '{"format":"json","content":{"a":1.0},"is_verified":"u"}',
    ],
    [
      '{"is_verified":"t","content":{},"format":"JSON"}',
      '{"is_verified":"u","content":{},"format":"JSON"}',
    ],
    [
      '{"is_verified":true,"content":{},"is_verified":"t","format":"json"}',
      '{"is_verified":"u","content":{},"is_verified":"u","format":"json"}',
    ],
    [
      '{"\\u0069s_verified":"t","content":{},"format":"json"}',
      '{"\\u0069s_verified":"u","content":{},"format":"json"}',
    ],
    // Inside the measurement it is the probe's.
    [
      '{"format":"json","content":{"is_verified":"t"}}',
      '{"format":"json","content":{"is_verified":"t"},"is_verified":"u"}',
    ],
    // Who sent it is not stored (3.4.3), nor a content that nobody checked, nor the blanks around.
    [
      '{"nym":"N","format":"json","zkp_request":"Z","content":{"nym":"kept","probe_id":"P"},"\\u006eym":1}',
      '{"format":"json","content":{"nym":"kept","probe_id":"P"},"is_verified":"u"}',
    ],
    [
      '{"content":{"unchecked":1},"format":"json","content":{"a":1}}',
      '{"format":"json","content":{"a":1},"is_verified":"u"}',
    ],
    [
      ' \r\n\t{"format":"json","content":{}}\n ',
      '{"format":"json","content":{},"is_verified":"u"}',
    ],
    // The content is JSON, whatever it was called.
    ['{"content":{}}', '{"content":{},"is_verified":"u","format":"json"}'],
    ['{"format":"yaml","content":{}}', '{"format":"json","content":{},"is_verified":"u"}'],
  ] as const)
    t.equal(legacy(text), expected);
  t.end();
});

t.test('submission: our envelope around the probe’s text (5.2)', (t) => {
  t.equal(
    submitted('{"a":1.0,"report_id":""}'),
    '{"content":{"a":1.0,"report_id":"R"},"format":"json","protocol_version":null,"manifest_version":null,"is_verified":"u"}',
  );
  t.equal(
    Buffer.from(
      submissionEnvelope({
        content: Buffer.from('{}'),
        reportId: 'R',
        protocolVersion: '0.1.0',
        manifestVersion: 'v"1',
        isVerified: 't',
      }),
    ).toString(),
    '{"content":{"report_id":"R"},"format":"json","protocol_version":"0.1.0","manifest_version":"v\\"1","is_verified":"t"}',
  );
  t.end();
});

t.test('the measurement inside, as one line', (t) => {
  const ok = (line: string, reportId = '', input = '') => ({ kind: 'ok', line, reportId, input });
  const cases: [string, unknown][] = [
    ['{"format":"json","content":{"a":1.0}}', ok('{"a":1.0}')],
    ['{"format":"JSON","content":{ "a" :\n1.0 }}', ok('{"a":1.0}')],
    [
      '{"content":{"report_id":"R","input":"https://é/"},"format":"json"}',
      ok('{"report_id":"R","input":"https://é/"}', 'R', 'https://é/'),
    ],
    [
      '{"format":"json","content":{"report_id":1,"input":null}}',
      ok('{"report_id":1,"input":null}', '1'),
    ],
    ['{"format":"json","content":{"input":["a","b"]}}', ok('{"input":["a","b"]}', '', '{a,b}')],
    ['{"format":"json","content":{"input":[]}}', ok('{"input":[]}')],
    ['{"format":"json","content":{"input":["a",1]}}', ok('{"input":["a",1]}')],
    // Of repeated members the last, as every JSON parser has it.
    ['{"format":"json","content":{"a":1},"content":{"a":2}}', ok('{"a":2}')],
    ['{"format":"json","\\u0063ontent":{"a":3}}', ok('{"a":3}')],
    ['{"format":"avro","content":{}}', { kind: 'invalid', reason: 'unknown format "avro"' }],
    ['{"format":"yaml","content":"report_id: R\\na: 1.0"}', ok('{"report_id":"R","a":1}', 'R')],
    [
      '{"format":"yaml","content":{}}',
      { kind: 'invalid', reason: 'content: expected YAML text, found an object' },
    ],
    ['{"content":{}}', { kind: 'invalid', reason: 'unknown format (missing)' }],
    ['{"format":"json"}', { kind: 'invalid', reason: 'content is not an object' }],
    ['{"format":"json","content":"a: 1"}', { kind: 'invalid', reason: 'content is not an object' }],
    ['{"format":"json","content":[]}', { kind: 'invalid', reason: 'content is not an object' }],
    ['[]', { kind: 'invalid', reason: 'envelope is not an object' }],
  ];
  for (const [post, expected] of cases) t.strictSame(contentOf(post), expected, shown(post));
  const circular = contentOf('{"format":"yaml","content":"&a\\nb: *a"}');
  t.match(circular, { kind: 'invalid', reason: /^YAML that JSON cannot say: .*circular/ });
  const values = Buffer.from(`{"format":"json","content":{"a":[${'[],'.repeat(6_000_000)}0]}}`);
  t.strictSame(contentOfPost(values), { kind: 'invalid', reason: 'more than 2000000 values' });
  t.equal(contentOf('{').kind, 'invalid');
  t.equal(contentOfPost(Buffer.from([0xff])).kind, 'invalid');
  t.end();
});

t.test('a measurement deeper than readers take has no line, but had one once', (t) => {
  const deep = (levels: number) => {
    const lists = levels - 2;
    return `{"format":"json","content":{"a":${'['.repeat(lists)}${']'.repeat(lists)}}}`;
  };
  t.equal(contentOf(deep(MAX_DEPTH)).kind, 'ok');
  const below = { kind: 'invalid', reason: 'nested deeper than 128 levels' };
  t.strictSame(contentOf(deep(MAX_DEPTH + 1)), below);
  const yaml = (levels: number) => {
    const lists = levels - 2;
    return JSON.stringify({
      format: 'yaml',
      content: `a: ${'['.repeat(lists)}${']'.repeat(lists)}`,
    });
  };
  t.equal(contentOf(yaml(MAX_DEPTH)).kind, 'ok');
  t.match(contentOf(yaml(MAX_DEPTH + 1)), {
    kind: 'invalid',
    reason: 'YAML: nested deeper than 127 levels',
  });

  const post = Buffer.from(deep(1_025));
  t.match(
    contentPublishedAs(post, ({ kind }) => kind === 'ok'),
    { kind: 'ok' },
  );
  t.match(
    contentPublishedAs(post, ({ kind }) => kind === 'invalid'),
    below,
  );
  t.equal(
    contentPublishedAs(post, () => false),
    undefined,
  );
  t.end();
});

t.test('what is published has no credential, even if it was stored with one', (t) => {
  const published = (post: string) => {
    const content = contentOfPost(Buffer.from(post));
    return content.kind === 'ok' ? Buffer.from(content.envelope).toString() : content;
  };
  const clean = '{"format":"json" , "content":{"nym":1.0},"is_verified":"u"}';
  t.equal(published(clean), clean);
  t.equal(published(clean.replace('{', '{"n\\u0079m":"N","zkp_request":[1],"nym":2,')), clean);
  t.end();
});

t.test('random measurements come out as they went in', (t) => {
  const random = seeded(99);
  const compact = (text: string) =>
    text.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_, string) => string ?? '');
  for (let round = 0; round < 1000; round++) {
    const content = `{"before":${randomText(random)},"report_id":"","after":${randomText(random)}}`;
    const fromSubmission = contentOf(submitted(content));
    const expected = compact(content).replace('"report_id":"","after"', '"report_id":"R","after"');
    if (fromSubmission.kind !== 'ok' || fromSubmission.line !== expected) t.fail(content);
    const post = `{"content":${content},"other":${randomText(random)},"format":"json"}`;
    const fromLegacy = contentOf(legacy(post));
    if (fromLegacy.kind !== 'ok' || fromLegacy.line !== compact(content)) t.fail(post);
  }
  t.end();
});
