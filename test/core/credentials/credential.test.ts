/** Covers src/core/credentials/{credential, verification}.ts, and what judgeSubmission makes of it. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { judgeCredential } from '../../../src/core/credentials/credential.ts';
import { parseManifest } from '../../../src/core/credentials/manifest.ts';
import { STORED_VERDICT } from '../../../src/core/credentials/verification.ts';
import { judgeSubmission } from '../../../src/core/submission/judgeSubmission.ts';

const manifest = parseManifest(
  Buffer.from(
    JSON.stringify({
      public_parameters: 'AAAA',
      submission_policy: [
        {
          match: { probe_cc: 'ES', probe_asn: '*' },
          policy: { age: [1, 2], min_measurement_count: 3 },
        },
        {
          match: { probe_cc: '*', probe_asn: '*' },
          policy: { age: [10, 20], min_measurement_count: 0 },
        },
      ],
    }),
  ),
);
const rules = { manifest, minimumProtocolVersion: '0.1.0' };
const measurement = { probeCc: 'IT', probeAsn: 'AS30722', contentSha256: 'ab'.repeat(32) };
const none = { nym: null, zkpRequest: null, manifestVersion: null, protocolVersion: null };
const all = {
  nym: 'NYM',
  zkpRequest: 'ZKP',
  manifestVersion: manifest.version,
  protocolVersion: '0.1.0',
};

t.test('the first case that fits decides', async (t) => {
  const cases: [
    name: string,
    fields: typeof all | object,
    verdict: string,
    error: string | null,
  ][] = [
    ['none', none, 'unverified', null],
    [
      'a version alone',
      { ...none, manifestVersion: manifest.version },
      'unverified',
      'incomplete_anonc_fields',
    ],
    ['a nym alone', { ...none, nym: 'x' }, 'unverified', 'manifest_not_found'],
    ['another version', { ...all, manifestVersion: '999' }, 'unverified', 'manifest_not_found'],
    [
      '… comes before what is missing',
      { ...none, manifestVersion: '999' },
      'unverified',
      'manifest_not_found',
    ],
    ['an empty version', { ...all, manifestVersion: '' }, 'unverified', 'manifest_not_found'],
    ['no version', { ...all, manifestVersion: null }, 'unverified', 'manifest_not_found'],
    ['no nym', { ...all, nym: null }, 'unverified', 'incomplete_anonc_fields'],
    ['no proof', { ...all, zkpRequest: null }, 'unverified', 'incomplete_anonc_fields'],
    ['no protocol', { ...all, protocolVersion: null }, 'unverified', 'incomplete_anonc_fields'],
    ['nonsense', { ...all, protocolVersion: 'abc' }, 'unverified', 'invalid_protocol_version'],
    ['empty', { ...all, protocolVersion: '' }, 'unverified', 'invalid_protocol_version'],
    [
      'a dot too many',
      { ...all, protocolVersion: '0.1.' },
      'unverified',
      'invalid_protocol_version',
    ],
    ['negative', { ...all, protocolVersion: '-1.0' }, 'unverified', 'invalid_protocol_version'],
    ['old', { ...all, protocolVersion: '0.0.1' }, 'unverified', 'protocol_version_too_old'],
    ['shorter', { ...all, protocolVersion: '0.1' }, 'unverified', 'protocol_version_too_old'],
    ['a nym of no size', { ...all, nym: 'x'.repeat(257) }, 'failed', 'deserialization_failed'],
    [
      'a proof of no size',
      { ...all, zkpRequest: 'x'.repeat(65_537) },
      'failed',
      'deserialization_failed',
    ],
  ];
  for (const [name, fields, status, error] of cases)
    t.strictSame(
      judgeCredential({ ...none, ...fields }, measurement, rules),
      { kind: 'decided', verification: { status, error } },
      name,
    );
  for (const name of Object.keys(none))
    t.strictSame(
      judgeCredential({ ...none, [name]: 'x' }, measurement, undefined),
      { kind: 'decided', verification: { status: 'unverified', error: 'manifest_not_found' } },
      `${name}, where nothing is configured`,
    );
  t.strictSame(judgeCredential(none, measurement, undefined), {
    kind: 'decided',
    verification: { status: 'unverified', error: null },
  });
});

t.test('what is left to ask', async (t) => {
  for (const protocolVersion of ['0.1.0', '0.1.0.0', '0.1.1', '0.2', '1'])
    t.strictSame(judgeCredential({ ...all, protocolVersion }, measurement, rules), {
      kind: 'to_verify',
      proof: {
        nym: 'NYM',
        zkpRequest: 'ZKP',
        ...measurement,
        manifestVersion: manifest.version,
        policy: manifest.policies[1],
      },
    });
  const spain = judgeCredential(all, { ...measurement, probeCc: 'ES' }, rules);
  t.match(spain, { proof: { policy: { age: [1, 2], minMeasurementCount: 3 } } });
});

t.test('a proof is bound to the very text, and the verdict is stored', async (t) => {
  const content =
    '{"probe_cc": "IT",\n "probe_asn":"AS30722","test_name":"ndt","x":1.0,"ü":"\\u00fc"}';
  const judgement = judgeSubmission(
    Buffer.from(
      JSON.stringify({
        format: 'json',
        content,
        nym: 'SECRET',
        zkp_request: 'SECRET',
        manifest_version: manifest.version,
        protocol_version: '0.1.0',
      }),
    ),
    { collectorId: '1', random: Buffer.alloc(12), credentialRules: rules },
  );
  if (judgement.kind !== 'accepted') throw new Error('not accepted');
  const contentSha256 = createHash('sha256').update(content).digest('hex');
  t.match(judgement.credential, {
    kind: 'to_verify',
    proof: { contentSha256, probeCc: 'IT', probeAsn: 'AS30722' },
  });
  t.strictSame(STORED_VERDICT, { verified: 't', failed: 'f', unverified: 'u' });
  for (const verdict of Object.values(STORED_VERDICT)) {
    const submission = judgement.submission(verdict);
    t.equal(submission.key, contentSha256, 'the same submission, whatever the verdict');
    const envelope = Buffer.from(submission.make(0).envelope).toString();
    t.equal(JSON.parse(envelope).is_verified, verdict);
    t.notMatch(envelope, /SECRET/);
  }
});
