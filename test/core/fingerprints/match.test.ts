/**
 * Covers src/core/fingerprints/confirmed.ts.
 */
import t from 'tap';
import { isConfirmed } from '../../../src/core/fingerprints/confirmed.ts';
import { compileFingerprints, reduceFingerprint } from '../../../src/core/fingerprints/match.ts';
import { fingerprint } from './fingerprint.ts';

const dns = { locationFound: 'dns', patternType: 'full' };
const server = { locationFound: 'header.server', patternType: 'full' };
const SERVER = { rank: 0, fingerprint: fingerprint('header', 'Guard', server) };
const known = compileFingerprints(
  [
    fingerprint('dns.1', '192.0.2.1', dns),
    fingerprint('dns.2', '192.0.2.2', dns),
    fingerprint('dns.1 again', '192.0.2.1', dns),
  ],
  [
    SERVER.fingerprint,
    fingerprint('body', 'block(ed)?', { patternType: 'regexp' }),
    fingerprint('other body', 'blocked'),
    fingerprint('elsewhere', 'blocked', { locationFound: 'dns' }),
  ],
);
const names = (found: readonly { name: string }[]) => found.map(({ name }) => name);

t.test('answers', async (t) => {
  t.strictSame(names(known.inAnswer('192.0.2.1')), ['dns.1', 'dns.1 again']);
  t.strictSame(names(known.inAnswer('192.0.2.3')), []);
  t.strictSame(names(known.inAnswer(null)), []);
});

t.test('bodies', async (t) => {
  t.strictSame(names(known.inBody('blocked')), ['other body'], 'a regexp is plain text');
  t.strictSame(names(known.inBody('block(ed)? blocked')), ['body', 'other body'], 'table order');
  t.strictSame(names(known.inBody(Buffer.from('blocked'))), ['other body']);
});

t.test('headers', async (t) => {
  t.strictSame(known.forHeader('server')?.equalTo('Guard'), [SERVER]);
  t.equal(known.forHeader('constructor'), undefined);
});

t.test('as listed in scores', async (t) => {
  t.strictSame(reduceFingerprint(fingerprint('x', 'y', { expectedCountries: ['IT'] })), {
    name: 'x',
    scope: 'nat',
    location_found: 'body',
    confidence_no_fp: 5,
    expected_countries: ['IT'],
  });
});

t.test('confirmed', async (t) => {
  for (const [scope, countries, probeCc, expected] of [
    ['nat', [], 'IT', true],
    ['isp', ['RU'], 'ZZ', true],
    ['prod', [], 'IT', false],
    ['prod', ['RU', 'IT'], 'IT', true],
    ['fp', ['IT'], 'RU', false],
    ['vbw', ['ZZ'], 'ZZ', false],
  ] as const) {
    const one = fingerprint('x', 'y', { scope, expectedCountries: countries });
    t.equal(isConfirmed(one, probeCc), expected, `${scope} ${countries} seen in ${probeCc}`);
  }
});
