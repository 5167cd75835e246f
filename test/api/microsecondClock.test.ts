import t from 'tap';
import { type Lane, makeMicrosecondClock } from '../../src/api/microsecondClock.ts';

const START_MS = Date.UTC(2026, 7, 21, 10, 15, 3);
const DAY_MS = 86_400_000;

/** A clock whose two sources are set by hand. */
function makeHands(lane?: Lane, startMs = START_MS) {
  const hands = { wallMs: startMs, steadyMs: 5_000 };
  const clock = makeMicrosecondClock(
    lane,
    () => hands.wallMs,
    () => hands.steadyMs,
  );
  return {
    clock,
    /** Time goes by on both; `stepMs`: the wall clock is set beside. */
    pass(ms: number, stepMs = 0) {
      hands.wallMs += ms + stepMs;
      hands.steadyMs += ms;
    },
    us(): number {
      const found = clock.read();
      if (found.kind !== 'good') throw new Error(found.kind);
      return found.us;
    },
  };
}

t.test('microseconds from two clocks, each later than the one before', (t) => {
  const { us, pass } = makeHands();
  t.equal(us(), START_MS * 1000);
  t.equal(us(), START_MS * 1000 + 1, 'time that stands still');
  pass(0.25);
  t.equal(us(), START_MS * 1000 + 250);
  pass(1000, 50);
  t.equal(us(), (START_MS + 1000) * 1000 + 250, 'the wall clock may be a little off');
  pass(1000, DAY_MS);
  t.equal(us(), (START_MS + 2050 + DAY_MS) * 1000 + 250, 'a step forward is followed');
  t.end();
});

t.test('lanes share no time', (t) => {
  for (const count of [1, 2, 3, 16, 256]) {
    const given = new Set<number>();
    const lanes = Array.from({ length: count }, (_, index) => makeHands({ index, count }));
    for (const { us, pass } of lanes)
      for (let call = 0; call < 20; call++) {
        given.add(us());
        if (call % 5 === 4) pass(0.003);
      }
    t.equal(given.size, 20 * count, `${count} lanes`);
  }
  const { us } = makeHands({ index: 2, count: 7 });
  for (let call = 0; call < 20; call++) t.equal(us() % 7, 2);
  t.end();
});

t.test('set back a little, it runs ahead until the clock is there', (t) => {
  const { us, pass, clock } = makeHands();
  pass(10_000);
  const before = us();
  pass(0, -1_000);
  t.equal(us(), before + 1);
  pass(500);
  t.equal(us(), before + 2);
  t.equal(clock.fault(), undefined);
  pass(501);
  t.equal(us(), before + 1_000);
  t.end();
});

t.test('set back by more, it gives no time until it has stood still for a while', (t) => {
  for (const stepMs of [-2_100, -DAY_MS]) {
    const { us, pass, clock } = makeHands();
    us();
    pass(0, stepMs);
    t.strictSame(clock.read(), { kind: 'clock_stepped_back' });
    t.equal(clock.fault(), 'clock_stepped_back');
    pass(9_000);
    t.equal(clock.fault(), 'clock_stepped_back');
    pass(0, -5_000);
    t.equal(clock.fault(), 'clock_stepped_back', 'and again');
    pass(9_000);
    t.equal(clock.fault(), 'clock_stepped_back');
    pass(1_000);
    t.equal(clock.fault(), undefined);
    t.equal(us(), (START_MS + stepMs - 5_000 + 19_000) * 1000, 'then it is followed');
  }
  t.end();
});

t.test('a clock outside 2000 to 2099 gives no time', (t) => {
  const cases: [string, number, boolean][] = [
    ['1970', 0, false],
    ['the end of 1999', Date.UTC(2000, 0, 1) - 1, false],
    ['the beginning of 2000', Date.UTC(2000, 0, 1), true],
    ['the end of 2099', Date.UTC(2100, 0, 1) - 1, true],
    ['2100', Date.UTC(2100, 0, 1), false],
    ['the end of Date', 8.64e15, false],
    ['no number', Number.NaN, false],
  ];
  for (const [name, startMs, isGood] of cases) {
    const { clock, pass, us } = makeHands(undefined, startMs);
    t.equal(clock.read().kind, isGood ? 'good' : 'clock_out_of_range', name);
    t.equal(clock.fault(), isGood ? undefined : 'clock_out_of_range', name);
    if (isGood || Number.isNaN(startMs)) continue;
    pass(1_000, START_MS - startMs);
    t.equal(us(), (START_MS + 1_000) * 1000, `${name}: set right, at once`);
  }
  t.end();
});
