/**
 * Receive times in microseconds, for measurement_uids, and whether the host's clock can be believed.
 *
 * Two workers of a host never give the same time: each has a lane, the times that are its index modulo
 * their number. That holds while the host's clock goes on; what a step back could bring, the spool
 * finds out by itself (accept() and 'uid_taken').
 */
import { isGoodTime } from '../core/measurement/measurementUid.ts';

/** Whose times: those that leave `index` when divided by `count`. */
export interface Lane {
  readonly index: number;
  readonly count: number;
}

/** Why times are not given. Both are answered with 503, since probes keep their copies. */
export type ClockFault =
  /** No measurement_uid has such a time (isGoodTime). */
  | 'clock_out_of_range'
  /** Set back by more than a correction: none are given until it has stood still for a while. */
  | 'clock_stepped_back';

export type Reading =
  /** Microseconds since 1970, UTC; later than all before, unless the clock was set back. */
  { readonly kind: 'good'; readonly us: number } | { readonly kind: ClockFault };

export interface MicrosecondClock {
  read(): Reading;
  /** What read() would find, without taking a time. */
  fault(): ClockFault | undefined;
}

/** The wall clock may run away from the steady one by this much before it is followed. */
const MAX_DRIFT_US = 100_000;
/** Set back by less (a leap second, a correction), times run ahead of the clock until it is there. */
const MAX_AHEAD_US = 2_000_000;
/** A clock that was set back is likely to be set again soon. */
const SETTLE_US = 10_000_000;

/**
 * Date.now() knows milliseconds, performance.now() parts of them but not when the host's clock is
 * corrected: the steady clock counts from the wall clock, and anew when they have come apart.
 */
export function makeMicrosecondClock(
  lane: Lane = { index: 0, count: 1 },
  wallMs: () => number = Date.now,
  steadyMs: () => number = () => performance.now(),
): MicrosecondClock {
  let offsetUs = Math.round((wallMs() - steadyMs()) * 1000);
  /** Latest time that was looked at, and latest that was given. */
  let latestUs = 0;
  let givenUs = 0;
  let settledAtSteadyUs = Number.NEGATIVE_INFINITY;

  const look = (): Reading => {
    const steadyUs = Math.floor(steadyMs() * 1000);
    const wallUs = wallMs() * 1000;
    if (Math.abs(wallUs - (steadyUs + offsetUs)) > MAX_DRIFT_US) offsetUs = wallUs - steadyUs;
    const us = steadyUs + offsetUs;
    if (!isGoodTime(us / 1000)) return { kind: 'clock_out_of_range' };
    if (us < Math.max(latestUs, givenUs) - MAX_AHEAD_US) {
      // A clock that was a day ahead must not keep its hour until that day has come.
      latestUs = us;
      givenUs = 0;
      settledAtSteadyUs = steadyUs + SETTLE_US;
    }
    latestUs = Math.max(latestUs, us);
    return steadyUs < settledAtSteadyUs ? { kind: 'clock_stepped_back' } : { kind: 'good', us };
  };

  /** The first time of the lane from `us` on. */
  const inLane = (us: number) =>
    us + ((((lane.index - us) % lane.count) + lane.count) % lane.count);

  return {
    read() {
      const found = look();
      if (found.kind !== 'good') return found;
      givenUs = inLane(Math.max(found.us, givenUs + 1));
      return { kind: 'good', us: givenUs };
    },
    fault() {
      const { kind } = look();
      return kind === 'good' ? undefined : kind;
    },
  };
}
