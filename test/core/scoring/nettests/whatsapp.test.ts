import { scoreWhatsapp } from '../../../../src/core/scoring/nettests/whatsapp.ts';
import { checkNettest } from '../table.ts';

const request = (url: string, failure: unknown) => ({ request: { url }, failure });
const web = (failure: unknown) => request('https://web.whatsapp.com/', failure);
const registration = (failure: unknown) => request('https://v.whatsapp.net/v2/register', failure);
const connect = (...results: unknown[]) => results.map((success) => ({ status: { success } }));
const GOOD = [web(null), registration(null)];
const analysis = (endpoints: boolean) => ({
  registration_server_accessible: true,
  whatsapp_web_accessible: true,
  whatsapp_endpoints_accessible: endpoints,
});

checkNettest(scoreWhatsapp, [
  ...[undefined, {}, { requests: null }, { requests: [] }, { requests: '' }].map((testKeys) => ({
    name: `no requests: ${JSON.stringify(testKeys)}`,
    testKeys,
    scores: { accuracy: 0 },
  })),
  {
    name: 'good',
    testKeys: { requests: GOOD, tcp_connect: connect(false, true) },
    scores: { analysis: analysis(true) },
  },
  {
    name: 'no endpoint answers',
    testKeys: { requests: GOOD, tcp_connect: connect(false) },
    scores: { blocking_general: 1, analysis: analysis(false) },
  },
  {
    name: 'no endpoint tried',
    testKeys: { requests: GOOD, tcp_connect: connect(null) },
    scores: { accuracy: 0, analysis: analysis(false) },
  },
  ...['', false, 0].map((failure) => ({
    name: `web failure ${JSON.stringify(failure)} is none`,
    testKeys: { requests: [web(failure), registration(null)], tcp_connect: connect(true) },
    scores: { analysis: analysis(true) },
  })),
  ...[
    [web('eof'), registration(null)],
    [{ request: { url: 'https://web.whatsapp.com/' } }, registration(null)],
    [web(null), registration('')],
    [web(null), registration(false)],
    [web(null), web('eof'), registration(null)],
  ].map((requests) => ({
    name: `blocked: ${JSON.stringify(requests)}`,
    testKeys: { requests, tcp_connect: connect(true) },
    scores: { blocking_general: 1 },
  })),
  {
    name: 'the last of each counts',
    testKeys: { requests: [web('eof'), registration('x'), ...GOOD], tcp_connect: connect(true) },
    scores: { analysis: analysis(true) },
  },
  {
    name: 'a missing failure of registration is none',
    testKeys: {
      requests: [web(null), { request: { url: 'https://v.whatsapp.net/v2/register' } }],
      tcp_connect: connect(true),
    },
    scores: { analysis: analysis(true) },
  },
  { name: 'one is missing', testKeys: { requests: [web(null), {}] }, scores: { accuracy: 0 } },
  {
    name: 'unknown failure',
    testKeys: {
      requests: GOOD,
      tcp_connect: connect(true),
      registration_server_failure: 'unknown_failure x',
    },
    scores: { accuracy: 0, analysis: analysis(true) },
  },
  {
    name: 'a page that old probes could not decode',
    testKeys: { requests: GOOD, whatsapp_web_failure: "an unknown_failure 'ascii' codec" },
    scores: { accuracy: 0 },
  },
  {
    name: 'odd failure',
    testKeys: { requests: GOOD, whatsapp_web_failure: 5 },
    malformed: 'test_keys.whatsapp_web_failure',
  },
  { name: 'odd requests', testKeys: { requests: 5 }, malformed: 'test_keys.requests' },
  { name: 'odd request', testKeys: { requests: [''] }, malformed: 'test_keys.requests[0]' },
]);
