import { compileFingerprints } from '../../../../src/core/fingerprints/match.ts';
import { scoreHttpRequests } from '../../../../src/core/scoring/nettests/http_requests.ts';
import { fingerprint } from '../../fingerprints/fingerprint.ts';
import { checkNettest } from '../table.ts';

const known = compileFingerprints(
  [],
  [fingerprint('nat', 'blocked', { expectedCountries: ['SA'] })],
);
const MATCH = { body_length_match: true, headers_match: 1 };
const page = (body: unknown, isTor: unknown = false) => ({
  request: { tor: { is_tor: isTor } },
  response: { body },
});
const CONFIRMED = {
  blocking_country: 1,
  confirmed: true,
  fingerprints: [
    {
      name: 'nat',
      scope: 'nat',
      location_found: 'body',
      confidence_no_fp: 5,
      expected_countries: ['SA'],
    },
  ],
};

checkNettest(
  scoreHttpRequests,
  [
    { name: 'nothing', scores: { accuracy: 0 } },
    {
      name: 'no headers',
      testKeys: { body_length_match: true, headers_match: null },
      scores: { accuracy: 0 },
    },
    {
      name: 'the control failed',
      measurement: { control_failure: 'x' },
      testKeys: MATCH,
      scores: { accuracy: 0 },
    },
    {
      name: 'the experiment failed',
      measurement: { experiment_failure: 'x' },
      testKeys: MATCH,
      scores: { accuracy: 0 },
    },
    { name: 'no failure', measurement: { control_failure: '' }, testKeys: MATCH },
    { name: 'good', testKeys: MATCH },
    {
      name: 'different',
      testKeys: { ...MATCH, headers_match: false },
      scores: { blocking_general: 1 },
    },
    {
      name: 'falsy',
      testKeys: { ...MATCH, body_length_match: [] },
      scores: { blocking_general: 1 },
    },
    {
      name: 'a block page',
      testKeys: { ...MATCH, requests: [page('blocked')] },
      scores: CONFIRMED,
    },
    {
      name: 'it is not added up',
      testKeys: { ...MATCH, headers_match: 0, requests: [page('blocked')] },
      scores: { ...CONFIRMED, blocking_general: 1 },
    },
    { name: 'a block page over Tor', testKeys: { ...MATCH, requests: [page('blocked', true)] } },
    {
      name: 'odd requests',
      testKeys: {
        ...MATCH,
        requests: [null, 'x', { response: null }, { request: 5, response: { body: 'blocked' } }],
      },
      scores: CONFIRMED,
    },
    { name: 'requests that are none', testKeys: { ...MATCH, requests: 'x' } },
    {
      name: 'a body that does not decode',
      testKeys: { ...MATCH, requests: [page('x'), page({ format: 'base64', data: 'x' })] },
      malformed: 'test_keys.requests[1].response.body.data',
    },
  ],
  known,
);
