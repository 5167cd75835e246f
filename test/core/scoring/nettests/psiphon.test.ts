import { scorePsiphon } from '../../../../src/core/scoring/nettests/psiphon.ts';
import { checkNettest } from '../table.ts';

const measurement = { resolver_ip: null, test_runtime: 1.25 };
const extra = (bootstrapTime: unknown) => ({ test_runtime: 1.25, bootstrap_time: bootstrapTime });

checkNettest(scorePsiphon, [
  { name: 'nothing', measurement, scores: { accuracy: 0, extra: extra(0) } },
  {
    name: 'no time',
    measurement,
    testKeys: { bootstrap_time: 0 },
    scores: { accuracy: 0, extra: extra(0) },
  },
  {
    name: 'a time that equals 0',
    measurement,
    testKeys: { bootstrap_time: false },
    scores: { accuracy: 0, extra: extra(false) },
  },
  {
    name: 'good',
    measurement,
    testKeys: { bootstrap_time: 3.5 },
    scores: { accuracy: 1, extra: extra(3.5) },
  },
  {
    name: 'null is no 0',
    measurement,
    testKeys: { bootstrap_time: null },
    scores: { accuracy: 1, extra: extra(null) },
  },
  {
    name: 'blocked',
    measurement,
    testKeys: { failure: '', bootstrap_time: 0 },
    scores: { accuracy: 1, blocking_general: 1, extra: extra(0) },
  },
  {
    name: 'no resolver',
    measurement: { test_runtime: 1.25 },
    testKeys: { failure: 'x', bootstrap_time: 1 },
    scores: { accuracy: 0, blocking_general: 1, extra: extra(1) },
  },
]);
