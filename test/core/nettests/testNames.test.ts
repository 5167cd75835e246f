import { readdirSync } from 'node:fs';
import t from 'tap';
import {
  CHECK_IN_NETTESTS,
  TEST_GROUPS,
  TEST_NAMES,
  TEST_TITLES,
} from '../../../src/core/nettests/testNames.ts';

t.test('every test that is scored, shown or asked for is known', async (t) => {
  const scorers = readdirSync('src/core/scoring/nettests');
  t.ok(scorers.length > 20);
  for (const file of scorers) t.ok(TEST_NAMES.has(file.replace(/\.ts$/, '')), file);
  for (const name of CHECK_IN_NETTESTS) t.ok(TEST_TITLES.has(name), name);
  for (const [group, names] of TEST_GROUPS)
    for (const name of names) t.ok(TEST_TITLES.has(name), `${name} of ${group}`);
});

t.test('no two are the same in a measurement uid', async (t) => {
  const plain = [...TEST_NAMES].map((name) => name.replaceAll('_', ''));
  t.equal(new Set(plain).size, 32);
  t.equal(TEST_NAMES.size, 32);
});
