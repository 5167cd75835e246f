import { scoreVanillaTor } from '../../../../src/core/scoring/nettests/vanilla_tor.ts';
import { checkNettest } from '../table.ts';

const DONE = 'Bootstrapped 100%: Done';
const DONE_LATER = 'Bootstrapped 100% (done): Done';

checkNettest(scoreVanillaTor, [
  ...[undefined, {}, { tor_logs: '' }, { tor_logs: [], tor_log: null }].map((testKeys) => ({
    name: `no logs: ${JSON.stringify(testKeys)}`,
    testKeys,
    scores: { accuracy: 0 },
  })),
  { name: 'through, in text', testKeys: { tor_logs: `a ${DONE} b`, tor_progress: 'x' } },
  { name: 'through, in newer words', testKeys: { tor_log: DONE_LATER } },
  { name: 'through, in a list', testKeys: { tor_logs: ['a', DONE_LATER] } },
  {
    name: 'a line that only contains it',
    testKeys: { tor_logs: [`a ${DONE}`] },
    scores: { blocking_general: 1 },
  },
  { name: 'empty text is a log', testKeys: { tor_log: '' }, scores: { blocking_general: 1 } },
  ...(
    [
      [0, 1],
      [50, 0.8],
      ['20', 1 - 20 * 0.004],
      [' 5e1\n', 0.8],
      ['5_0', 0.8],
      ['.5', 1 - 0.5 * 0.004],
      [-3, 1],
      ['nan', 1],
      ['-inf', 1],
      [true, 1 - 0.004],
    ] as const
  ).map(([progress, blocking]) => ({
    name: `progress ${JSON.stringify(progress)}`,
    testKeys: { tor_logs: ['x'], tor_progress: progress },
    scores: { blocking_general: blocking },
  })),
  ...[100, 150, '100', 'Infinity'].map((progress) => ({
    name: `progress ${JSON.stringify(progress)}`,
    testKeys: { tor_logs: ['x'], tor_progress: progress },
  })),
  {
    name: 'odd progress',
    testKeys: { tor_log: 'x', tor_progress: 'x' },
    malformed: 'test_keys.tor_progress',
  },
  {
    // Forty years, if the pattern of a number could match its digits in more than one way.
    name: 'progress that is nearly a number',
    testKeys: { tor_log: 'x', tor_progress: `${'1_1'.repeat(500_000)}x` },
    malformed: 'test_keys.tor_progress',
  },
  {
    name: 'odder progress',
    testKeys: { tor_log: 'x', tor_progress: [] },
    malformed: 'test_keys.tor_progress',
  },
  { name: 'odd logs', testKeys: { tor_log: 5 }, malformed: 'test_keys.tor_logs' },
]);
