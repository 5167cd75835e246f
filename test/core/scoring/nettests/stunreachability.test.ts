import { scoreStunreachability } from '../../../../src/core/scoring/nettests/stunreachability.ts';
import { checkNettest } from '../table.ts';

checkNettest(scoreStunreachability, [
  { name: 'nothing', scores: { extra: { endpoint: null } } },
  {
    name: 'good',
    testKeys: { endpoint: 'a:1', failure: '' },
    scores: { extra: { endpoint: 'a:1' } },
  },
  {
    name: 'blocked',
    testKeys: { endpoint: 'a:1', failure: { a: 1 } },
    scores: { blocking_general: 1, extra: { endpoint: 'a:1', failure: { a: 1 } } },
  },
]);
