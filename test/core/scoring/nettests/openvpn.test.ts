import { scoreOpenvpn } from '../../../../src/core/scoring/nettests/openvpn.ts';
import { checkNettest } from '../table.ts';

const extra = { test_runtime: null };

checkNettest(scoreOpenvpn, [
  { name: 'nothing', scores: { accuracy: 0, extra } },
  { name: 'null', testKeys: { success: null }, scores: { accuracy: 0, extra } },
  {
    name: 'good',
    measurement: { test_runtime: 1.5 },
    testKeys: { success: true },
    scores: { extra: { test_runtime: 1.5 } },
  },
  { name: 'blocked', testKeys: { success: false }, scores: { blocking_general: 1, extra } },
  { name: 'other values', testKeys: { success: 0 }, scores: { extra } },
  { name: 'odd test keys', testKeys: 'x', malformed: 'test_keys' },
]);
