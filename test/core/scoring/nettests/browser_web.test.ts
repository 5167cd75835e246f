import { scoreBrowserWeb } from '../../../../src/core/scoring/nettests/browser_web.ts';
import { checkNettest } from '../table.ts';

const extra = { browser_name: '', load_time_ms: 0 };

checkNettest(scoreBrowserWeb, [
  { name: 'nothing', scores: { accuracy: 0, extra } },
  {
    name: 'nulls',
    testKeys: { result: null, browser_name: null, load_time_ms: null },
    scores: { accuracy: 0, extra },
  },
  {
    name: 'good',
    testKeys: { result: 'ok', browser_name: 'firefox', load_time_ms: 12.5 },
    scores: { extra: { browser_name: 'firefox', load_time_ms: 12.5 } },
  },
  { name: 'blocked', testKeys: { result: 'error' }, scores: { blocking_general: 1, extra } },
  { name: 'other results', testKeys: { result: 'timeout' }, scores: { accuracy: 0, extra } },
]);
