import t from 'tap';
import { makeFlights } from '../../src/fastpath/inFlight.ts';

t.test('each measurement is in one state', async (t) => {
  const flights = makeFlights();
  for (const uid of ['a', 'b', 'c']) flights.begin(uid, uid === 'b');
  t.equal(flights.count('scoring'), 3);
  t.equal(flights.batch('a'), false);
  t.equal(flights.batch('b'), true, 'a predecessor may have stored it');
  flights.leaving('c');
  t.strictSame(
    [flights.count('scoring'), flights.count('batched'), flights.count('leaving')],
    [0, 2, 1],
  );
  t.equal(flights.outsideWriter, 1);
  // While the rows of a batch leave one by one, there is never less than nothing outside of it.
  flights.end('a');
  t.equal(flights.outsideWriter, 1);
  flights.end('c');
  flights.end('b');
  flights.end('b');
  t.strictSame([flights.outsideWriter, flights.count('batched'), flights.has('b')], [0, 0, false]);
});

t.test('large ones are alone, in the order in which they were found', async (t) => {
  const flights = makeFlights();
  t.equal(flights.nextAlone(), undefined);
  for (const uid of ['a', 'b', 'c']) {
    flights.begin(uid, false);
    flights.wait(uid);
  }
  t.equal(flights.nextAlone(), 'a');
  t.equal(flights.nextAlone(), undefined, 'one at a time');
  t.equal(flights.alone, 'a');
  flights.batch('a');
  t.equal(flights.alone, undefined);
  flights.end('b');
  t.equal(flights.nextAlone(), 'c', 'what is gone has no turn');
  flights.leaving('c');
  t.equal(flights.nextAlone(), undefined);
  t.equal(flights.count('waiting'), 0);
});
