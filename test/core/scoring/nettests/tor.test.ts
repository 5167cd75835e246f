import { scoreTor } from '../../../../src/core/scoring/nettests/tor.ts';
import { BASE, checkNettest } from '../table.ts';

const targets = (...failures: unknown[]) => ({
  targets: Object.fromEntries(
    failures.map((failure, i) => [`t${i}`, { failure, network_events: null }]),
  ),
});
const extra = { test_runtime: null };

checkNettest(scoreTor, [
  ...[
    undefined,
    {},
    { targets: null },
    { targets: {} },
    { targets: '' },
    { targets: [] },
    { targets: [1] },
  ].map((testKeys) => ({
    name: JSON.stringify(testKeys) ?? 'nothing',
    testKeys,
    scores: { accuracy: 0 },
  })),
  {
    name: 'good',
    measurement: { test_runtime: 2.5 },
    testKeys: targets(null),
    scores: { extra: { test_runtime: 2.5 } },
  },
  { name: 'half', testKeys: targets(null, 'x'), scores: { blocking_general: 0.5, extra } },
  {
    name: 'not tried counts for nothing',
    testKeys: targets(false, null, 'x', 0),
    scores: { blocking_general: 2 / 3, extra },
  },
  { name: 'none tried', testKeys: targets(false), scores: { accuracy: 0, extra } },
  {
    name: 'a failure without a name',
    testKeys: targets(null, ''),
    scores: { ...BASE, accuracy: 0 },
  },
  {
    name: 'no failure',
    testKeys: { targets: { a: { network_events: [] } } },
    scores: { accuracy: 0 },
  },
  { name: 'no events', testKeys: { targets: { a: { failure: null } } }, scores: { accuracy: 0 } },
  { name: 'text', testKeys: { targets: { a: 'x' } }, scores: { accuracy: 0 } },
  { name: 'a list', testKeys: { targets: { a: ['failure'] } }, scores: { accuracy: 0 } },
  { name: 'odd targets', testKeys: { targets: 'x' }, malformed: 'test_keys.targets' },
  { name: 'odd target', testKeys: { targets: { a: 1 } }, malformed: 'test_keys.targets[0]' },
]);
