import t from 'tap';
import { makeInFlight } from '../../src/fastpath/inFlight.ts';

t.test('each measurement is in one state', async (t) => {
  const inFlight = makeInFlight();
  for (const uid of ['a', 'b', 'c']) inFlight.begin(uid, uid === 'b');
  t.equal(inFlight.count('scoring'), 3);
  t.equal(inFlight.batch('a'), false);
  t.equal(inFlight.batch('b'), true, 'a predecessor may have stored it');
  inFlight.leaving('c');
  t.strictSame(
    [inFlight.count('scoring'), inFlight.count('batched'), inFlight.count('leaving')],
    [0, 2, 1],
  );
  t.equal(inFlight.outsideWriter, 1);
  // While the rows of a batch leave one by one, there is never less than nothing outside of it.
  inFlight.end('a');
  t.equal(inFlight.outsideWriter, 1);
  inFlight.end('c');
  inFlight.end('b');
  inFlight.end('b');
  t.strictSame(
    [inFlight.outsideWriter, inFlight.count('batched'), inFlight.has('b')],
    [0, 0, false],
  );
});

t.test('suspects are alone until it is known what becomes of them', async (t) => {
  const inFlight = makeInFlight();
  for (const uid of ['a', 'b', 'c']) inFlight.suspect(uid);
  t.equal(inFlight.suspects, 3);
  t.equal(inFlight.nextAlone(), 'a');
  t.equal(inFlight.batch('a'), true, 'a predecessor may have stored it');
  t.equal(inFlight.suspects, 2);
  t.equal(inFlight.nextAlone(), 'b');
  inFlight.leaving('b');
  t.equal(inFlight.nextAlone(), 'c');
  t.equal(inFlight.suspects, 2, 'the process may end before it has left');
  inFlight.end('b');
  inFlight.end('c');
  t.equal(inFlight.suspects, 0);
});

t.test('large ones are alone, in the order in which they were found', async (t) => {
  const inFlight = makeInFlight();
  t.equal(inFlight.nextAlone(), undefined);
  for (const uid of ['a', 'b', 'c']) {
    inFlight.begin(uid, false);
    inFlight.wait(uid);
  }
  t.equal(inFlight.nextAlone(), 'a');
  t.equal(inFlight.nextAlone(), undefined, 'one at a time');
  t.equal(inFlight.alone, 'a');
  inFlight.batch('a');
  t.equal(inFlight.alone, undefined);
  inFlight.end('b');
  t.equal(inFlight.nextAlone(), 'c', 'what is gone has no turn');
  inFlight.leaving('c');
  t.equal(inFlight.nextAlone(), undefined);
  t.equal(inFlight.count('waiting'), 0);
});
