import { scoreSignal } from '../../../../src/core/scoring/nettests/signal.ts';
import { checkNettest } from '../table.ts';

const OK = { failed_operation: null, failure: null, signal_backend_status: 'ok' };
const run = (started: unknown, test: unknown, engine: unknown) => ({
  measurement_start_time: started,
  test_version: test,
  annotations: { engine_version: engine },
});
const NEW = run('2026-08-21 10:14:58', '0.2.5', '3.29.1');
const BLOCKED = { ...OK, signal_backend_status: 'blocked' };

checkNettest(scoreSignal, [
  { name: 'good', measurement: NEW, testKeys: OK },
  { name: 'nothing', measurement: NEW, scores: { accuracy: 0 } },
  {
    name: 'no failure member',
    measurement: NEW,
    testKeys: { failed_operation: null, signal_backend_status: 'ok' },
    scores: { accuracy: 0 },
  },
  {
    name: 'blocked',
    measurement: NEW,
    testKeys: { ...BLOCKED, signal_backend_failure: 'eof' },
    scores: { blocking_general: 1, analysis: { signal_backend_failure: 'eof' } },
  },
  {
    name: 'blocked for an unknown reason, by a probe that failed',
    measurement: NEW,
    testKeys: { ...BLOCKED, failure: 'x' },
    scores: { blocking_general: 1, accuracy: 0, analysis: { signal_backend_failure: null } },
  },
  {
    name: 'no status',
    measurement: NEW,
    testKeys: { ...OK, signal_backend_status: null },
    scores: { accuracy: 0 },
  },
  {
    name: 'failed',
    measurement: NEW,
    testKeys: { ...OK, failed_operation: 'dial' },
    scores: { accuracy: 0 },
  },
  {
    name: 'falsy failures',
    measurement: NEW,
    testKeys: { ...OK, failed_operation: '', failure: [] },
  },
  ...(
    [
      ['2023-11-06 23:59:59', '0.2.3', '3.17.2', true],
      ['2023-11-07 00:00:00', '0.2.3', '3.17.2', false],
      ['2023-11-07 00:00:00', '0.2.5', '3.17.2', true],
      ['2022-10-18 23:59:59', '0.2.1', '3.0', true],
      ['2022-10-19 00:00:00', '0.2.1', '3.0', false],
      ['2022-10-19 00:00:00', '0.2.2-dev', '3.0', false],
      ['2022-10-19 00:00:00', '0.2.2', '3.0', true],
      ['2023-05-01 23:59:59', '0.10.0', '3.17.1', true],
      ['2023-05-02 00:00:00', '0.10.0', '3.17.1', false],
      ['2023-05-02 00:00:00', '0.10.0', '3.17.2-alpha', false],
      ['2023-05-02 00:00:00', '0.10.0', '3.17.2', true],
      ['2020-01-01 00:00:00', '0.2.4', '3.0', false],
      ['2020-01-01 00:00:00', null, null, true],
      ['2020-01-01 00:00:00', 'bogus', '3.0', false],
      ['2020-01-01 00:00:00', '0.2.5', 'x', false],
      ['2020-01-01 00:00:00', 5, '3.0', false],
      ['2026-08-21', '0.2.5', '3.29.1', false],
      [null, '0.2.5', '3.29.1', false],
    ] as const
  ).map(([started, test, engine, good]) => ({
    name: `${started}, test ${test}, engine ${engine}`,
    measurement: run(started, test, engine),
    testKeys: BLOCKED,
    scores: good
      ? { blocking_general: 1, analysis: { signal_backend_failure: null } }
      : { accuracy: 0 },
  })),
  {
    name: 'annotations that are none',
    measurement: { ...run('2020-01-01 00:00:00', '0.2.5', ''), annotations: ['x'] },
    testKeys: BLOCKED,
    scores: { accuracy: 0 },
  },
]);
