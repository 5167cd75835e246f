import { scoreDash } from '../../../../src/core/scoring/nettests/dash.ts';
import { checkNettest } from '../table.ts';

const NETWORK = { blocking_general: 0.1, accuracy: 0 };

checkNettest(scoreDash, [
  { name: 'nothing', scores: { accuracy: 0 } },
  { name: 'good', testKeys: { failure: null } },
  { name: 'good, without the member', testKeys: { simple: {} } },
  ...[
    'connection_aborted',
    'json_parse_error',
    'eof_error',
    'json_processing_error',
    'http_request_failed',
    'connect_error',
    'generic_timeout_error',
    'broken_pipe',
    'connection_refused',
    'an ssl_error: x',
    ['ssl_error'],
  ].map((failure) => ({ name: `${failure}`, testKeys: { failure }, scores: NETWORK })),
  ...['other', '', ['an ssl_error'], {}].map((failure) => ({
    name: JSON.stringify(failure),
    testKeys: { failure },
    scores: { msg: 'Probe error', accuracy: 0 },
  })),
  { name: 'odd failure', testKeys: { failure: 5 }, malformed: 'test_keys.failure' },
]);
