/** Covers src/edge/sources/patternTime.ts. */
import t from 'tap';
import { patternFault } from '../../../src/edge/sources/patternTime.ts';

t.test('patterns that compile and end, and others', async (t) => {
  for (const good of [
    'blocked by .*order',
    '(?i)abc',
    '<a href=.*>',
    'política',
    '^$',
    '\\.\\+',
    '',
    '()',
    '<span style=.*color:red;.*>\\(b',
  ])
    t.equal(patternFault(good), undefined, good);
  const slow = [
    ...['^(a+)+$', '(x+x+)+y', '(.*)*b', '^(\\d+)+$', '(\\.+)+x', '(-+)+b', '(é+)+b', '(a|a)*$'],
    ...['^abc(x+x+)+y', 'blocked ([a-z]+)+!', '("[^"]*"?)*z', '(?i)(\\s+)+x', 'x*x*x*x*y'],
    '<div>(<p>.*)*</div>x',
  ];
  for (const pattern of slow) t.match(patternFault(pattern, 200), /keeps a search busy/, pattern);
  for (const broken of ['(', '[a', 'a{2,1}', '(?P<name>x)'])
    t.match(patternFault(broken), /expected a regular expression/, broken);
});
