import t from 'tap';
import { openUnit } from '../../../src/fastpath/replay/openUnit.ts';

function setUp(sizeBytes = 100) {
  const done: string[] = [];
  const counts = { objects: 0, damagedObjects: 0 };
  const resume = {
    objectDone: (unit: string, key: string) => void done.push(`${unit}/${key}`),
    unitDone: (unit: string) => void done.push(unit),
  };
  return { unit: openUnit('20260821', sizeBytes, resume, counts), done, counts };
}

t.test('an object is done when it was read and all its rows are confirmed', (t) => {
  for (const order of ['read first', 'confirmed first']) {
    const { unit, done, counts } = setUp();
    const object = unit.begin('a');
    const [one, two] = [object.beginBatch(), object.beginBatch()];
    if (order === 'read first') object.end('whole');
    one();
    t.strictSame(done, [], order);
    two();
    if (order === 'confirmed first') {
      t.strictSame(done, [], order);
      object.end('whole');
    }
    t.strictSame(done, ['20260821/a'], order);
    t.equal(counts.objects, 1);
    unit.allBegun();
    t.strictSame(done, ['20260821/a', '20260821']);
  }
  t.end();
});

t.test('a unit is done when all its objects are, and none is left to begin', (t) => {
  const { unit, done } = setUp();
  const [a, b] = [unit.begin('a'), unit.begin('b')];
  a.end('whole');
  unit.allBegun();
  t.strictSame(done, ['20260821/a']);
  b.end('gone');
  t.strictSame(done, ['20260821/a', '20260821/b', '20260821'], 'what was removed is done');
  const empty = setUp();
  empty.unit.allBegun();
  t.strictSame(empty.done, ['20260821'], 'without objects');
  t.end();
});

t.test('damaged: neither the object nor its unit is done', (t) => {
  const { unit, done, counts } = setUp();
  const [a, b] = [unit.begin('a'), unit.begin('b')];
  const confirmed = a.beginBatch();
  a.end('damaged');
  confirmed();
  b.end('whole');
  unit.allBegun();
  t.strictSame(done, ['20260821/b']);
  t.strictSame(counts, { objects: 2, damagedObjects: 1 });
  t.end();
});

t.test('stopped: what was not begun keeps the unit open', (t) => {
  const { unit, done } = setUp();
  unit.begin('a').end('whole');
  t.strictSame(done, ['20260821/a']);
  t.end();
});

t.test('how much of it is read', (t) => {
  const { unit } = setUp(200);
  t.equal(unit.fraction, 0);
  unit.read(50);
  unit.read(100);
  t.equal(unit.fraction, 0.75);
  t.equal(setUp(0).unit.fraction, 0, 'of nothing');
  t.end();
});
