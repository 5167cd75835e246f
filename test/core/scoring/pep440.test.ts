import t from 'tap';
import { compareVersions, parseVersion } from '../../../src/core/scoring/pep440.ts';

t.test('order', async (t) => {
  const ascending = [
    '0.2.1',
    '0.2.2-dev',
    '0.2.2-alpha',
    '0.2.2',
    '0.2.10',
    '1.0.dev1',
    '1.0a1.dev2',
    '1.0a1',
    '1.0-alpha.2',
    '1.0b1',
    '1.0rc1',
    '1.0',
    '1.0+local',
    '1.0+1',
    '1.0+1.2',
    '1.0.post1.dev3',
    '1.0.post1',
    '1.0-2',
    '1.1',
    '99999999999999999999.1',
    '100000000000000000000',
    '1!0.1',
  ];
  for (const [i, text] of ascending.entries()) {
    for (const [j, other] of ascending.entries()) {
      const order = compareVersions(parseVersion(text)!, parseVersion(other)!);
      t.equal(Math.sign(order), Math.sign(i - j), `${text} and ${other}`);
    }
  }
});

t.test('the same version', async (t) => {
  for (const [a, b] of [
    ['1', '1.0.0'],
    ['v3.17.2', '3.17.02'],
    ['1.0a', '1.0.alpha0'],
    ['1.0c1', '1.0-preview_1'],
    ['1.0.POST', '1.0-r0'],
    [' 1.0 ', '1.0'],
    ['0', '0.0'],
  ] as const) {
    t.equal(compareVersions(parseVersion(a)!, parseVersion(b)!), 0, `${a} and ${b}`);
  }
});

t.test('no version', async (t) => {
  for (const value of [
    '',
    'x',
    'bogus',
    '1.',
    '.1',
    '1.0-',
    '1 0',
    '1.0+',
    '1.0+a b',
    null,
    1,
    ['1'],
    `1.${'0'.repeat(4_299)}`,
  ]) {
    t.equal(parseVersion(value), undefined, `${value}`);
  }
});
