/** Covers src/core/submission/judgeSubmission.ts, with the refusals of judgement.ts beside it. */
import t from 'tap';
import { MAX_DEPTH, MAX_VALUES } from '../../../src/core/json/bounds.ts';
import {
  damagedSubmission,
  judgeSubmission,
} from '../../../src/core/submission/judgeSubmission.ts';

const CONTENT =
  '{"test_name":"web_connectivity","probe_cc":"IT","probe_asn":"AS30722","runtime":1.0}';
const SETTING = { collectorId: '1', random: Buffer.alloc(12, 0xff), credentialRules: undefined };

const judge = (body: unknown) =>
  judgeSubmission(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), SETTING);
const judgeContent = (content: string) => judge({ format: 'json', content });

t.test('refused', (t) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const cases: [string, ReturnType<typeof judge>, object][] = [
    ['no JSON', judge('{'), { code: 'bad_json', status: 422, issues: [{ type: 'json_invalid' }] }],
    [
      'no fields',
      judge({}),
      { code: 'bad_json', status: 422, issues: [{ loc: ['body', 'format'] }, {}] },
    ],
    [
      'content that is no JSON',
      judgeContent('{'),
      { code: 'bad_json', status: 400, detail: { error: /^not JSON: / } },
    ],
    [
      'content that is no object',
      judgeContent('[]'),
      {
        code: 'bad_json',
        status: 400,
        detail: { error: "'content' should be a json encoded as a string" },
      },
    ],
    [
      'too deep for our envelope around it',
      judgeContent(nested(MAX_DEPTH)),
      { code: 'too_deep', status: 400, detail: 'Nested deeper than 127 levels' },
    ],
    [
      'as deep as can be',
      judgeContent(nested(MAX_DEPTH - 1)),
      { code: 'bad_json', detail: { error: /encoded as a string/ } },
    ],
    [
      'too many values',
      judgeContent(`[${','.repeat(MAX_VALUES)}]`),
      { code: 'too_many_values', status: 413, detail: `More than ${MAX_VALUES} values` },
    ],
    [
      'bad metadata',
      judgeContent(CONTENT.replace('IT', 'it')),
      {
        code: 'bad_metadata',
        status: 400,
        detail: { error: 'bad_metadata', message: "Errors: ['bad_cc']" },
      },
    ],
    ['AS 0', judgeContent(CONTENT.replace('AS30722', 'AS0')), { code: 'asn_0', status: 400 }],
    ['no country', judgeContent(CONTENT.replace('IT', 'ZZ')), { code: 'cc_zz', status: 400 }],
    ['no AS', judgeContent(CONTENT.replace('AS30722', 'AS99999999999')), { code: 'bad_metadata' }],
    [
      'no AS number',
      judgeContent(CONTENT.replace('AS30722', 'ASxyz')),
      { code: 'asn_invalid', status: 400 },
    ],
    [
      'damaged data',
      damagedSubmission('gzip data is damaged'),
      {
        code: 'bad_encoding',
        status: 400,
        detail: { error: 'bad_encoding', message: 'gzip data is damaged' },
      },
    ],
  ];
  for (const [name, judgement, expected] of cases)
    t.match(judgement, { kind: 'rejected', ...expected }, name);
  t.end();
});

t.test('accepted, with all that storing needs', (t) => {
  const accept = (body: unknown) => {
    const judgement = judge(body);
    if (judgement.kind !== 'accepted') throw new Error(judgement.code);
    return { ...judgement, submission: judgement.submission('u') };
  };
  const plain = accept({ format: 'json', content: CONTENT });
  t.match(plain, {
    submission: { probeCc: 'IT', testName: 'web_connectivity', key: /^[0-9a-f]{64}$/ },
    credential: { kind: 'decided', verification: { status: 'unverified', error: null } },
  });
  const { reportId, envelope } = plain.submission.make(Date.UTC(2026, 7, 21, 10, 15, 2));
  t.equal(reportId, '20260821T101502Z_webconnectivity_IT_30722_n1_oooooooooooooooo');
  t.equal(
    Buffer.from(envelope).toString(),
    `{"content":${CONTENT.slice(0, -1)},"report_id":"${reportId}"},"format":"json","protocol_version":null,"manifest_version":null,"is_verified":"u"}`,
  );

  const withCredential = accept({
    format: 'json',
    content: CONTENT,
    nym: 'secret-nym',
    zkp_request: 'secret-zkp',
    manifest_version: '7',
    protocol_version: '0.1.0',
  });
  t.equal(withCredential.submission.key, plain.submission.key, 'a fallback is the same again');
  t.match(withCredential.credential, {
    verification: { status: 'unverified', error: 'manifest_not_found' },
  });
  const stored = Buffer.from(withCredential.submission.make(0).envelope).toString();
  t.match(stored, '"manifest_version":"7"');
  t.notMatch(stored, 'secret', 'who sent it is not stored');
  t.not(accept({ format: 'json', content: `${CONTENT} ` }).submission.key, plain.submission.key);
  t.end();
});
