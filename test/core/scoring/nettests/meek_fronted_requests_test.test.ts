import { scoreMeekFrontedRequestsTest } from '../../../../src/core/scoring/nettests/meek_fronted_requests_test.ts';
import { checkNettest } from '../table.ts';

const response = (headers: unknown, code: unknown = 200) => ({ response: { code, headers } });
const GOOD = response({ Server: 'ECAcc (x)' });

checkNettest(scoreMeekFrontedRequestsTest, [
  ...[undefined, null, [], '', {}].map((requests) => ({
    name: `no requests in ${JSON.stringify(requests)}`,
    testKeys: { requests },
    scores: { blocking_general: 1, accuracy: 0 },
  })),
  { name: 'good', testKeys: { requests: [GOOD, response([['Server', ['ECAcc (y)']], [], null])] } },
  ...[
    { response: null },
    {},
    response({ Server: 'ECAcc ' }, 404),
    response({}, '200'),
    response({}, true),
  ].map((entry) => ({
    name: `failed: ${JSON.stringify(entry)}`,
    testKeys: { requests: [response({ Server: 'nginx' }), entry, GOOD] },
    scores: { blocking_general: 1 },
  })),
  ...[
    { Server: 'nginx' },
    { Server: 'ECAcc' },
    { server: 'ECAcc ' },
    {},
    [],
    [
      ['Server', ['ECAcc ']],
      ['Server', ['x']],
    ],
  ].map((headers) => ({
    name: `another server: ${JSON.stringify(headers)}`,
    testKeys: { requests: [GOOD, response(headers)] },
    scores: { blocking_general: 0.5 },
  })),
  {
    name: 'no headers',
    testKeys: { requests: [{ response: { code: 200 } }] },
    scores: { blocking_general: 0.5 },
  },
  {
    name: 'they add up',
    testKeys: { requests: [response({}), response({}), response({})] },
    scores: { blocking_general: 1.5 },
  },
  { name: 'odd requests', testKeys: { requests: 5 }, malformed: 'test_keys.requests' },
  { name: 'odd request', testKeys: { requests: ['x'] }, malformed: 'test_keys.requests[0]' },
  {
    name: 'odd response',
    testKeys: { requests: [{ response: 'x' }] },
    malformed: 'test_keys.requests[0].response',
  },
  {
    name: 'odd headers',
    testKeys: { requests: [response(null)] },
    malformed: 'test_keys.requests[0].response.headers',
  },
  {
    name: 'headers that are text',
    testKeys: { requests: [response(['Server: ECAcc', ['Server', 'ECAcc ']])] },
    scores: { blocking_general: 0.5 },
  },
  {
    name: 'odd header',
    testKeys: { requests: [response([['Server', []]])] },
    malformed: 'test_keys.requests[0].response.headers',
  },
  {
    name: 'odd server',
    testKeys: { requests: [response({ Server: 5 })] },
    malformed: 'test_keys.requests[0].response.headers.Server',
  },
]);
