import { MAX_VALUES } from '../../../../src/core/json/bounds.ts';
import { scoreHttpHeaderFieldManipulation } from '../../../../src/core/scoring/nettests/http_header_field_manipulation.ts';
import { checkNettest } from '../table.ts';

const exchange = (headers: unknown, echoed: unknown) => ({
  requests: [
    { request: { headers }, response: { body: JSON.stringify({ headers_dict: echoed }) } },
  ],
});
const changed = (count: number) => ({
  blocking_general: 1.1,
  msg: `${count} unexpected header change`,
});
const body = (value: unknown) => ({ requests: [{ response: { body: value } }] });
const EMPTY_BODY = { total_tampering: true, blocking_general: 1, msg: 'Empty body' };
const MALFORMED = { blocking_general: 1, msg: 'Malformed ctrl_headers' };

checkNettest(scoreHttpHeaderFieldManipulation, [
  ...[undefined, null, [], {}, '', 5, { 0: {} }].map((requests) => ({
    name: `no request in ${JSON.stringify(requests)}`,
    testKeys: { requests },
    scores: { accuracy: 0 },
  })),
  { name: 'null response', testKeys: { requests: [{ response: null }] }, scores: { accuracy: 0 } },
  { name: 'no response', testKeys: { requests: [{}] }, scores: EMPTY_BODY },
  { name: 'null body', testKeys: body(null), scores: EMPTY_BODY },
  ...['', 'x', '[]', '"headers_dict"', 'null', '{}', 5, { headers_dict: {} }].map((value) => ({
    name: `malformed ${JSON.stringify(value)}`,
    testKeys: body(value),
    scores: MALFORMED,
  })),
  { name: 'same', testKeys: exchange({ A: 'x', b: 'y' }, { b: ['y'], A: ['x', 'z'] }) },
  { name: 'case matters', testKeys: exchange({ A: 'x' }, { a: ['x'] }), scores: changed(2) },
  { name: 'another value', testKeys: exchange({ A: 'x' }, { A: ['y'] }), scores: changed(2) },
  {
    name: 'one more',
    testKeys: exchange({ A: 'x' }, { A: ['x'], Via: ['p'] }),
    scores: changed(1),
  },
  { name: 'connection close is ignored', testKeys: exchange({ Connection: 'close' }, {}) },
  {
    name: 'other connections are not',
    testKeys: exchange({ Connection: 'keep' }, {}),
    scores: changed(1),
  },
  {
    name: 'names of every object',
    testKeys: exchange({}, JSON.parse('{"__proto__":["x"]}')),
    scores: changed(1),
  },
  { name: 'numbers that equal', testKeys: exchange({ A: true }, { A: [1] }) },
  { name: 'no request member', testKeys: body('{"headers_dict":{"A":["x"]}}'), scores: changed(1) },
  { name: 'text for a list', testKeys: exchange({ A: 'x' }, { A: 'xyz' }) },
  { name: 'a value as text', testKeys: exchange({ A: '😀' }, { A: '😀x' }) },
  { name: 'no value', testKeys: exchange({}, { A: [] }), malformed: 'headers_dict' },
  { name: 'odd echo', testKeys: exchange({}, []), malformed: 'headers_dict' },
  {
    name: 'odd headers',
    testKeys: exchange([], {}),
    malformed: 'test_keys.requests[0].request.headers',
  },
  { name: 'odd values', testKeys: exchange({ A: ['x'] }, {}), malformed: 'headers' },
  { name: 'odd test keys', testKeys: 'x', scores: { accuracy: 0 } },
  { name: 'odd request', testKeys: { requests: [['x']] }, malformed: 'test_keys.requests[0]' },
  {
    name: 'an echo of more values than a measurement may have',
    testKeys: body(`[${'0,'.repeat(MAX_VALUES)}0]`),
    malformed: 'test_keys.requests[0].response.body',
  },
  { name: 'a deep echo', testKeys: body('['.repeat(10_000)), scores: MALFORMED },
  { name: 'odd requests', testKeys: { requests: 'x' }, malformed: 'test_keys.requests' },
]);
