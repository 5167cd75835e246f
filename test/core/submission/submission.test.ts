/**
 * Covers src/core/submission/contentEncoding.ts, src/core/validation/issues.ts.
 */
import t from 'tap';
import { parseJsonText } from '../../../src/core/json/parseJson.ts';
import { bodyCoding } from '../../../src/core/submission/contentEncoding.ts';
import { checkSubmission } from '../../../src/core/submission/submission.ts';
import { issuesText } from '../../../src/core/validation/issues.ts';

const check = (text: string) => checkSubmission(parseJsonText(text));

t.test('submissions (protocol, probes 3.4.3)', (t) => {
  const nulls = { nym: null, zkpRequest: null, manifestVersion: null, protocolVersion: null };
  const cases: [string, unknown][] = [
    ['{"format":"json","content":"{}"}', { kind: 'ok', submission: { content: '{}', ...nulls } }],
    [
      '{"format":"","content":"","nym":null,"zkp_request":null,"manifest_version":null,"protocol_version":null,"more":1}',
      { kind: 'ok', submission: { content: '', ...nulls } },
    ],
    [
      '{"format":"json","content":"{}","nym":"n","zkp_request":"z","manifest_version":"m","protocol_version":"0.1.0"}',
      {
        kind: 'ok',
        submission: {
          content: '{}',
          nym: 'n',
          zkpRequest: 'z',
          manifestVersion: 'm',
          protocolVersion: '0.1.0',
        },
      },
    ],
    // Of repeated members the last counts.
    [
      '{"format":1,"format":"json","content":"a","content":"b"}',
      { kind: 'ok', submission: { content: 'b', ...nulls } },
    ],
    [
      '{}',
      {
        kind: 'invalid',
        issues: [
          { type: 'missing', loc: ['body', 'format'], msg: 'Field required' },
          { type: 'missing', loc: ['body', 'content'], msg: 'Field required' },
        ],
      },
    ],
    [
      '{"format":"json","content":{"a":"a whole measurement"}}',
      {
        kind: 'invalid',
        issues: [
          { type: 'string_type', loc: ['body', 'content'], msg: 'Input should be a valid string' },
        ],
      },
    ],
    [
      '{"format":"json","content":"{}","nym":5}',
      {
        kind: 'invalid',
        issues: [
          {
            type: 'string_type',
            loc: ['body', 'nym'],
            msg: 'Input should be a valid string',
            input: 5,
          },
        ],
      },
    ],
    ['[]', { kind: 'invalid', issues: [{ type: 'model_attributes_type', loc: ['body'] }] }],
    ['null', { kind: 'invalid', issues: [{ type: 'model_attributes_type', input: null }] }],
    ['{', { kind: 'invalid', issues: [{ type: 'json_invalid', loc: ['body', 1] }] }],
    ['', { kind: 'invalid', issues: [{ type: 'json_invalid' }] }],
  ];
  for (const [text, expected] of cases) t.match(check(text), expected as object, text);
  t.end();
});

t.test('issues never hold a measurement', (t) => {
  const long = 'x'.repeat(1000);
  for (const text of [
    `{"format":"json","content":["${long}"]}`,
    `{"format":"json","content":{"a":"${long}"}}`,
    `"${long}"`,
    `["${long}"]`,
  ])
    t.notMatch(JSON.stringify(check(text)), 'xxxx');
  t.end();
});

t.test('issues in one line', (t) => {
  const result = check('{"nym":1}');
  t.equal(
    result.kind === 'invalid' && issuesText(result.issues),
    'body.format: Field required; body.content: Field required; body.nym: Input should be a valid string',
  );
  t.end();
});

t.test('codings', (t) => {
  for (const [header, expected] of [
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['zstd', 'zstd'],
    ['ZSTD', 'zstd'],
    [' Zstd ', 'zstd'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br', undefined],
    ['gzip, zstd', undefined],
    ['zstdx', undefined],
  ] as const)
    t.equal(bodyCoding(header), expected, String(header));
  t.end();
});
