import t from 'tap';
import { score } from '../../../../src/core/scoring/nettestRegistry.ts';
import { scoreRiseupvpn } from '../../../../src/core/scoring/nettests/riseupvpn.ts';
import { NOTHING_KNOWN } from '../table.ts';

t.strictSame(scoreRiseupvpn(), {}, 'not even the base');
for (const testKeys of [undefined, null, {}, { failure: 'x' }, 5]) {
  const measurement = { test_name: 'riseupvpn', test_keys: testKeys };
  t.strictSame(score(measurement, NOTHING_KNOWN), {}, JSON.stringify(testKeys));
}
