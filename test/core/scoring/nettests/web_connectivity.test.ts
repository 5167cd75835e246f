import { compileFingerprints } from '../../../../src/core/fingerprints/match.ts';
import { scoreWebConnectivity } from '../../../../src/core/scoring/nettests/web_connectivity.ts';
import { fingerprint } from '../../fingerprints/fingerprint.ts';
import { checkNettest } from '../table.ts';

const known = compileFingerprints(
  [
    fingerprint('dns', '192.0.2.1', {
      locationFound: 'dns',
      scope: 'inst',
      expectedCountries: ['IT'],
    }),
  ],
  [
    fingerprint('nat', 'national block', { scope: 'nat', expectedCountries: ['SA'] }),
    fingerprint('isp', 'provider block', { scope: 'isp' }),
    fingerprint('prod', 'product block', { scope: 'prod', expectedCountries: ['IT'] }),
    fingerprint('vbw', 'vague block', { scope: 'vbw', expectedCountries: ['IT'] }),
    fingerprint('fp', 'no block', { scope: 'fp' }),
  ],
);

const listed = (name: string, scope: string, countries: string[] = [], location = 'body') => ({
  name,
  scope,
  location_found: location,
  confidence_no_fp: 5,
  expected_countries: countries,
});
const page = (body: unknown) => ({ requests: [{ response: { body } }] });
const NAT = [listed('nat', 'nat', ['SA'])];

checkNettest(
  scoreWebConnectivity,
  [
    { name: 'nothing', scores: { accuracy: 0 } },
    { name: 'null test keys', testKeys: null, scores: { accuracy: 0 } },
    { name: 'not blocked', testKeys: { blocking: false } },
    { name: 'not blocked, as a number', testKeys: { blocking: 0 } },
    ...['tcp_ip', 'dns', 'http-diff', 'http-failure'].map((blocking) => ({
      name: blocking,
      testKeys: { blocking },
      scores: { blocking_general: 1, analysis: { blocking_type: blocking } },
    })),
    ...[true, 1, '', 'tcp', [], { a: 1 }].map((blocking) => ({
      name: `unsupported ${JSON.stringify(blocking)}`,
      testKeys: { blocking },
      scores: { analysis: { msg: 'Unsupported blocking type' }, accuracy: 0 },
    })),
    ...[true, false, null, 0, 1].map((title) => ({
      name: `title ${title}`,
      testKeys: { blocking: false, title_match: title },
    })),
    ...['', 2, [], {}].map((title) => ({
      name: `title ${JSON.stringify(title)}`,
      testKeys: { blocking: 'dns', title_match: title },
      scores: { accuracy: 0 },
    })),
    {
      name: 'unknown failure',
      testKeys: { blocking: 'dns', x_failure: 'unknown_failure: boom' },
      scores: { blocking_general: 1, analysis: { blocking_type: 'dns' }, accuracy: 0 },
    },
    {
      name: 'failures that are known or no text',
      testKeys: {
        blocking: false,
        a_failure: 'eof',
        b_failure: 5,
        failure: 'unknown_failure',
        c_failure: 'an unknown_failure',
      },
    },
    {
      name: 'accessible null',
      testKeys: { blocking: false, accessible: null },
      scores: { accuracy: 0 },
    },
    { name: 'accessible false', testKeys: { blocking: false, accessible: false } },
    {
      name: 'a national block page, which counts twice',
      testKeys: { blocking: 'http-diff', ...page('a national block') },
      scores: {
        blocking_general: 2,
        blocking_country: 1,
        fingerprints: NAT,
        confirmed: true,
        analysis: { blocking_type: 'http-diff' },
      },
    },
    {
      name: 'a block page where the probe could not tell',
      testKeys: { accessible: null, blocking: null, ...page('a national block') },
      scores: { blocking_general: 1, blocking_country: 1, fingerprints: NAT, confirmed: true },
    },
    {
      name: 'a page of a product elsewhere',
      measurement: { probe_cc: 'RU' },
      testKeys: { blocking: false, ...page('product block') },
      scores: { fingerprints: [listed('prod', 'prod', ['IT'])] },
    },
    {
      name: 'a page of a product in its country',
      measurement: { probe_cc: 'it' },
      testKeys: { blocking: false, ...page('product block') },
      scores: {
        blocking_general: 1,
        fingerprints: [listed('prod', 'prod', ['IT'])],
        confirmed: true,
      },
    },
    {
      name: 'every place at once',
      measurement: { probe_cc: 'IT' },
      testKeys: {
        blocking: false,
        queries: [{ answers: [{ ipv4: '192.0.2.1' }] }],
        ...page('national block provider block vague block no block'),
      },
      scores: {
        blocking_general: 4,
        blocking_country: 1,
        blocking_isp: 1,
        blocking_local: 1,
        fingerprints: [
          listed('dns', 'inst', ['IT'], 'dns'),
          listed('nat', 'nat', ['SA']),
          listed('isp', 'isp'),
          listed('vbw', 'vbw', ['IT']),
          listed('fp', 'fp'),
        ],
        confirmed: true,
      },
    },
    {
      name: 'matches and a strange title',
      testKeys: { title_match: 'x', ...page('national block') },
      scores: { blocking_country: 1, fingerprints: NAT, confirmed: true, accuracy: 0 },
    },
    {
      name: 'a body that does not decode hides the matches before it',
      testKeys: {
        blocking: 'dns',
        requests: [
          { response: { body: 'national block' } },
          { response: { body: { format: 'base64', data: 'x' } } },
        ],
      },
      scores: { blocking_general: 1, analysis: { blocking_type: 'dns' }, accuracy: 0 },
    },
    { name: 'odd requests', testKeys: { blocking: false, requests: 'x', queries: 5 } },
    { name: 'odd test keys', testKeys: [], malformed: 'test_keys' },
    {
      name: 'a country that is no text',
      measurement: { probe_cc: 5 },
      testKeys: page('national block'),
      malformed: 'probe_cc',
    },
  ],
  known,
);
