import t from 'tap';
import { makeRecentTexts } from '../../../src/core/probe/recentTexts.ts';

const LEAST = 10;

t.test('a text is new once', (t) => {
  const recent = makeRecentTexts(LEAST);
  t.equal(recent.isNew('a'), true);
  t.equal(recent.isNew('a'), false);
  t.equal(recent.isNew('b'), true);
  t.equal(recent.isNew('a'), false);
  t.end();
});

t.test('the last ones are known wherever it stands, and twice as many at most', (t) => {
  for (let before = 0; before < 3 * LEAST; before++) {
    const recent = makeRecentTexts(LEAST);
    for (let at = 0; at < before; at++) recent.isNew(`before ${at}`);
    recent.isNew('text');
    for (let at = 1; at < LEAST; at++) recent.isNew(`after ${at}`);
    t.equal(recent.isNew('text'), false);
    for (let at = LEAST; at <= 2 * LEAST; at++) recent.isNew(`after ${at}`);
    t.equal(recent.isNew('text'), true);
  }
  t.end();
});
