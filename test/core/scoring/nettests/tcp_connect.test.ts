import { scoreTcpConnect } from '../../../../src/core/scoring/nettests/tcp_connect.ts';
import { checkNettest } from '../table.ts';

const measurement = { input: '192.0.2.1:443' };

checkNettest(scoreTcpConnect, [
  { name: 'success', measurement, testKeys: { connection: 'success' } },
  ...[
    'generic_timeout_error',
    'connection_refused_error',
    'connect_error',
    'tcp_timed_out_error',
  ].map((connection) => ({
    name: connection,
    measurement,
    testKeys: { connection },
    scores: { blocking_general: 0.8 },
  })),
  ...['other', '', null, undefined, true].map((connection) => ({
    name: `${connection}`,
    measurement,
    testKeys: { connection },
    scores: { blocking_general: 1 },
  })),
  ...[undefined, null, '', []].map((input) => ({
    name: `input ${JSON.stringify(input)}`,
    measurement: { input },
    testKeys: { connection: 'success' },
    scores: { accuracy: 0 },
  })),
]);
