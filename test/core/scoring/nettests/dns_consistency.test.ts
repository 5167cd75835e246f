import { scoreDnsConsistency } from '../../../../src/core/scoring/nettests/dns_consistency.ts';
import { checkNettest } from '../table.ts';

checkNettest(
  scoreDnsConsistency,
  [undefined, null, {}, { failure: 'x' }, 5].map((testKeys) => ({
    name: `${JSON.stringify(testKeys)}`,
    testKeys,
  })),
);
