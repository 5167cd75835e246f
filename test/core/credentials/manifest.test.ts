import t from 'tap';
import { julianDay, parseManifest, policyFor } from '../../../src/core/credentials/manifest.ts';

const entry = (probe_cc: string, probe_asn: string, from = 1) => ({
  match: { probe_cc, probe_asn },
  policy: { age: [from, 2826140], min_measurement_count: 0 },
});
const parse = (value: unknown) => parseManifest(Buffer.from(JSON.stringify(value)));
const file = { public_parameters: 'AdqzxWc0', submission_policy: [entry('*', '*')] };

t.test('a manifest keeps what is in it', async (t) => {
  const manifest = parse({ ...file, more: 1 });
  t.strictSame(manifest.document, {
    ...file,
    more: 1,
    nym_scope: 'ooni.org/{probe_cc}/{probe_asn}',
  });
  t.match(manifest.version, /^[0-9a-f]{32}$/);
  t.equal(parse({ ...file, more: 1 }).version, manifest.version);
  t.not(parse(file).version, manifest.version, 'another content is another version');
  t.equal(parse({ ...file, nym_scope: 'x' }).document.nym_scope, 'x');
});

t.test('the first rule that fits counts', async (t) => {
  const manifest = parse({
    ...file,
    submission_policy: [
      entry('ES', 'AS15704', 1),
      entry('ES', '*', 2),
      entry('*', 'AS15704', 3),
      entry('*', '*', 4),
    ],
  });
  const from = (cc: string, asn: string) => policyFor(manifest, cc, asn).age[0];
  t.strictSame(
    [from('ES', 'AS15704'), from('ES', 'AS1'), from('IT', 'AS15704'), from('IT', 'AS1')],
    [1, 2, 3, 4],
  );
  t.equal(from('es', 'AS1'), 4, 'texts as they are');
});

t.test('what is no manifest', async (t) => {
  const policy = (change: object) => ({
    ...file,
    submission_policy: [{ ...entry('*', '*'), ...change }],
  });
  const bad: [value: unknown, reason: RegExp][] = [
    [[], /no JSON object/],
    [{ ...file, public_parameters: ' ' }, /public_parameters/],
    [{ submission_policy: file.submission_policy }, /public_parameters/],
    [{ ...file, nym_scope: 7 }, /nym_scope/],
    [{ public_parameters: 'x' }, /submission_policy/],
    [{ ...file, submission_policy: [] }, /submission_policy/],
    [{ ...file, submission_policy: 'x' }, /submission_policy/],
    [{ ...file, submission_policy: ['x'] }, /entry 1 .* no object "match"/],
    [policy({ match: 'x' }), /no object "match"/],
    [policy({ match: { probe_cc: '*' } }), /probe_asn/],
    [policy({ match: { probe_asn: '*' } }), /probe_cc/],
    [policy({ policy: { min_measurement_count: 0 } }), /"age"/],
    [policy({ policy: { age: [1], min_measurement_count: 0 } }), /"age"/],
    [policy({ policy: { age: [1, 2, 3], min_measurement_count: 0 } }), /"age"/],
    [policy({ policy: { age: [1, 2] } }), /min_measurement_count/],
    [policy({ policy: { age: [1, 2], min_measurement_count: [0] } }), /min_measurement_count/],
    [{ ...file, submission_policy: [entry('*', '*'), entry('IT', '*')] }, /for everybody/],
  ];
  for (const [value, reason] of bad) t.throws(() => parse(value), reason);
  t.throws(() => parseManifest(Buffer.from('{')), /not JSON/);
});

t.test('Julian days', async (t) => {
  t.equal(julianDay(Date.parse('2000-01-01T00:00:00Z')), 2451545);
  t.equal(julianDay(Date.parse('2000-01-01T23:59:59Z')), 2451545);
});
