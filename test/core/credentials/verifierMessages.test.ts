/** Covers src/core/credentials/{verifierMessages, signRequest}.ts. */
import t from 'tap';
import { signRequest } from '../../../src/core/credentials/signRequest.ts';
import { answerOf, questionLine } from '../../../src/core/credentials/verifierMessages.ts';

t.test('questions are a line each, whatever a client put into them', async (t) => {
  const line = questionLine(7, {
    kind: 'verify',
    proof: {
      nym: 'a\nb',
      zkpRequest: 'z',
      probeCc: 'IT',
      probeAsn: 'AS1',
      policy: { probeCc: '*', probeAsn: '*', age: [1, 2], minMeasurementCount: 3 },
      manifestVersion: 'v',
      contentSha256: 'c',
    },
  });
  t.equal(line.indexOf('\n'), line.length - 1);
  t.strictSame(JSON.parse(line), {
    id: 7,
    op: 'verify',
    nym: 'a\nb',
    zkp_request: 'z',
    probe_cc: 'IT',
    probe_asn: 'AS1',
    age: [1, 2],
    min_measurement_count: 3,
    manifest_version: 'v',
    content_sha256: 'c',
  });
  t.strictSame(JSON.parse(questionLine(8, { kind: 'sign', request: 'r', emissionDay: 9 })), {
    id: 8,
    op: 'sign',
    credential_sign_request: 'r',
    emission_day: 9,
  });
});

t.test('answers', async (t) => {
  const cases: [line: string, answer: object | undefined][] = [
    ['{"id":1,"ok":true,"response":"QUJD"}', { kind: 'ok', response: 'QUJD' }],
    ['{"id":1,"ok":false,"error":"protocol_error"}', { kind: 'refused', fault: 'protocol_error' }],
    ['{"id":1,"ok":false,"error":"oops"}', { kind: 'unusable' }],
    ['{"id":1,"ok":true,"error":"protocol_error"}', { kind: 'unusable' }],
    ['{"id":1,"ok":true}', { kind: 'unusable' }],
    ['{"id":1,"ok":true,"response":""}', { kind: 'unusable' }],
    ['{"id":1,"ok":true,"response":"no base64!"}', { kind: 'unusable' }],
    ['{"id":1,"ok":"true","response":"QUJD"}', { kind: 'unusable' }],
    ['{"id":"1","ok":true,"response":"QUJD"}', undefined],
    ['{}', undefined],
    ['[]', undefined],
    ['no JSON', undefined],
    ['', undefined],
  ];
  for (const [line, answer] of cases)
    t.strictSame(answerOf(line), answer === undefined ? undefined : { id: 1, answer }, line);
});

t.test('requests to sign', async (t) => {
  const read = (value: unknown) => signRequest({ kind: 'ok', value });
  t.strictSame(read({ manifest_version: 'v', credential_sign_request: 'r' }), {
    kind: 'ok',
    manifestVersion: 'v',
    request: 'r',
  });
  t.match(read({}), { issues: [{ type: 'missing' }, { type: 'missing' }] });
  t.match(read({ manifest_version: 'v', credential_sign_request: 7 }), {
    issues: [{ type: 'string_type', loc: ['body', 'credential_sign_request'] }],
  });
  t.match(read([]), { issues: [{ type: 'model_attributes_type' }] });
});
