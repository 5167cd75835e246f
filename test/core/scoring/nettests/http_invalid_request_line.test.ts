import { scoreHttpInvalidRequestLine } from '../../../../src/core/scoring/nettests/http_invalid_request_line.ts';
import { checkNettest } from '../table.ts';

checkNettest(scoreHttpInvalidRequestLine, [
  { name: 'nothing', scores: { accuracy: 0 } },
  { name: 'empty', testKeys: { sent: [], received: '' }, scores: { accuracy: 0 } },
  { name: 'same', testKeys: { sent: ['a', 'b'], received: ['a', 'b'] } },
  {
    name: 'the shorter one counts',
    testKeys: { sent: ['a'], received: ['a', 'b'], tampering: true },
  },
  { name: 'nothing received', testKeys: { sent: ['a'] } },
  {
    name: 'changed',
    testKeys: { sent: ['a', 'b'], received: ['a', 'c'] },
    scores: { blocking_general: 1 },
  },
  { name: 'values that equal', testKeys: { sent: [1, { a: false }], received: [true, { a: 0 }] } },
  { name: 'text', testKeys: { sent: 'ab', received: ['a', 'x'] }, scores: { blocking_general: 1 } },
  {
    name: 'text that begins alike',
    testKeys: { sent: 'ab😀', received: 'abc' },
    scores: { blocking_general: 1 },
  },
  { name: 'the shorter text counts', testKeys: { sent: 'ab😀c', received: 'ab😀' } },
  {
    name: 'half of a character is another one',
    testKeys: { sent: 'ab\ud83d', received: 'ab😀' },
    scores: { blocking_general: 1 },
  },
  { name: 'names of objects', testKeys: { sent: { a: 1, b: 2 }, received: ['a'] } },
  { name: 'nothing but text', testKeys: { sent: '', received: 'a' } },
  { name: 'odd lines', testKeys: { sent: 1 }, malformed: 'test_keys.sent' },
  { name: 'null lines', testKeys: { received: null }, malformed: 'test_keys.received' },
]);
