import { scoreTelegram } from '../../../../src/core/scoring/nettests/telegram.ts';
import { BASE, checkNettest } from '../table.ts';

const connect = (...results: unknown[]) => results.map((success) => ({ status: { success } }));
const request = (failure: unknown, url: unknown = 'http://149.154.175.50/') => ({
  failure,
  request: { url },
});
const web = (failure: unknown) => request(failure, 'https://web.telegram.org/');
const counted = (
  blocking: number,
  endpoints = [0, 0],
  http = [0, 0],
  webFailure: unknown = null,
) => ({
  blocking_general: blocking,
  web_failure: webFailure,
  accessible_endpoints: endpoints[0],
  unreachable_endpoints: endpoints[1],
  http_success_cnt: http[0],
  http_failure_cnt: http[1],
});

checkNettest(scoreTelegram, [
  { name: 'nothing', scores: counted(1) },
  { name: 'nulls', testKeys: { requests: null, tcp_connect: null }, scores: counted(1) },
  {
    name: 'good',
    testKeys: {
      telegram_web_status: 'ok',
      tcp_connect: connect(true, true),
      requests: [request(null), request(null), web(null)],
    },
    scores: counted(0, [2, 0], [2, 0]),
  },
  {
    name: 'in part',
    testKeys: {
      telegram_web_status: 'x',
      tcp_connect: [...connect(true, true, false, null, 1), {}, { status: null }],
      requests: [request(null), request('timeout')],
    },
    scores: counted(1 / 3 + 0.5, [2, 1], [1, 1]),
  },
  {
    name: 'blocked',
    testKeys: {
      telegram_web_status: 'blocked',
      tcp_connect: connect(false),
      requests: [request(''), web('ssl_error'), request(null, 'http://web.telegram.org/')],
    },
    scores: { ...counted(3, [0, 1], [0, 1], 'ssl_error'), msg: 'failure: ssl_error' },
  },
  {
    name: 'the last web failure counts',
    testKeys: { requests: [web('a'), web('b')] },
    scores: { ...counted(1, [0, 0], [0, 0], 'b'), msg: 'failure: b' },
  },
  {
    name: 'a failure that is no text',
    testKeys: { requests: [web(false)] },
    scores: { ...counted(1, [0, 0], [0, 0], false), msg: 'failure: False' },
  },
  {
    name: 'a null URL',
    testKeys: { requests: [request(null, null)] },
    scores: counted(0.5, [0, 0], [1, 0]),
  },
  ...[{}, { request: {} }, { request: null }, { request: 'x' }, 'x', null].map((entry) => ({
    name: `no URL in ${JSON.stringify(entry)}`,
    testKeys: { telegram_web_status: 'blocked', requests: [request('x'), entry] },
    scores: { ...BASE, accuracy: 0 },
  })),
  { name: 'requests that are text', testKeys: { requests: 'x' }, scores: { accuracy: 0 } },
  {
    name: 'no failure member',
    testKeys: { requests: [{ request: { url: 'x' } }] },
    malformed: 'test_keys.requests[0].failure',
  },
  { name: 'odd requests', testKeys: { requests: 5 }, malformed: 'test_keys.requests' },
  { name: 'odd tcp_connect', testKeys: { tcp_connect: 5 }, malformed: 'test_keys.tcp_connect' },
  { name: 'odd endpoint', testKeys: { tcp_connect: ['x'] }, malformed: 'test_keys.tcp_connect[0]' },
  {
    name: 'odd status',
    testKeys: { tcp_connect: [{ status: 'x' }] },
    malformed: 'test_keys.tcp_connect[0].status',
  },
]);
