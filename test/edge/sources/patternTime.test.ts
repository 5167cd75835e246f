/** Covers src/edge/sources/patternTime.ts. */
import t from 'tap';
import { patternFault } from '../../../src/edge/sources/patternTime.ts';

t.test('patterns that compile and end, and others', async (t) => {
  for (const good of ['blocked by .*order', '(?i)abc', '<a href=.*>', 'política', '^$', '\\.\\+'])
    t.equal(patternFault(good), undefined, good);
  for (const slow of ['^(a+)+$', '(x+x+)+y', '(.*)*b'])
    t.match(patternFault(slow), /keeps a search busy/, slow);
  for (const broken of ['(', '[a', 'a{2,1}', '(?P<name>x)'])
    t.match(patternFault(broken), /expected a regular expression/, broken);
});
