/**
 * Covers src/core/yaml/fault.ts.
 */
import t from 'tap';
import { unwrap } from '../../../src/core/measurement/unwrap.ts';

const measurement = { report_id: 'r' };

t.test('measurements', async (t) => {
  for (const [name, post, verified, expected = measurement] of [
    ['an envelope', { format: 'json', content: measurement }, 'u'],
    ['in capitals', { format: 'JSON', content: measurement, is_verified: 't' }, 't'],
    ['not verified', { format: 'json', content: measurement, is_verified: 'f' }, 'f'],
    ['an unknown mark', { format: 'json', content: measurement, is_verified: true }, 'u'],
    ['a mark within', { format: 'json', content: { is_verified: 't' } }, 'u', { is_verified: 't' }],
    ['bare', measurement, 'u'],
    ['bare, with half of an envelope', { content: 1 }, 'u', { content: 1 }],
    ['yaml', { format: 'Yaml', content: 'report_id: r\n' }, 'u'],
  ] as const) {
    const enveloped = 'format' in post;
    t.strictSame(
      unwrap(post),
      { kind: 'measurement', measurement: expected, verified, enveloped },
      name,
    );
  }
});

t.test('yaml of old reports', async (t) => {
  const content = [
    'probe_asn: AS12',
    'report_id: null',
    'flag: yes',
    'octal: 010',
    'started: 2015-01-02 03:04:05',
    'twice: 1',
    'twice: 2',
    'base: &base {a: 1}',
    'merged: {<<: *base, b: 2}',
    '__proto__: {polluted: true}',
  ].join('\n');
  const found = unwrap({ format: 'yaml', content });
  t.match(found, {
    measurement: {
      probe_asn: 'AS12',
      report_id: null,
      flag: true,
      octal: 8,
      started: '2015-01-02 03:04:05',
      twice: 2,
      merged: { a: 1, b: 2 },
    },
  });
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
});

t.test('nothing to score', async (t) => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    .concat(
      'bcdefghij'
        .split('')
        .map((c, i) => `${c}: &${c} [${`*${'abcdefghi'[i]}, `.repeat(8)}*${'abcdefghi'[i]}]`),
    )
    .join('\n');
  for (const [name, post, reason] of [
    ['a list', [], 'expected a JSON object, found a list'],
    ['null', null, 'expected a JSON object, found null'],
    ['another format', { format: 'xml', content: {} }, 'format: expected json or yaml'],
    ['no format', { format: null, content: {} }, 'format: expected json or yaml'],
    ['text as JSON', { format: 'json', content: '{}' }, 'content: expected a measurement object'],
    ['an object as YAML', { format: 'yaml', content: {} }, 'content: expected YAML text'],
    [
      'YAML without end',
      { format: 'yaml', content: ' '.repeat(9e6) },
      'content: YAML of more than',
    ],
    ['a YAML list', { format: 'yaml', content: '- 1' }, 'content: expected a measurement object'],
    ['broken YAML', { format: 'yaml', content: 'a: [' }, 'content: not YAML: '],
    ['YAML that grows', { format: 'yaml', content: bomb }, 'content: not YAML: '],
  ] as const) {
    const found = unwrap(post);
    t.equal(found.kind, 'invalid', name);
    if (found.kind === 'invalid') t.ok(found.reason.startsWith(reason), `${name}: ${found.reason}`);
  }
});
