/** Receive times in microseconds, for measurement_uids. */

export interface MicrosecondClock {
  /** Microseconds since 1970, UTC; later than at the call before, unless the host's clock was set back. */
  nowUs(): number;
}

/** The wall clock may run away from the steady one by this much before it is followed. */
const MAX_DRIFT_US = 100_000;

/**
 * Date.now() knows milliseconds, performance.now() parts of them but not when the host's clock is
 * corrected: the steady clock counts from the wall clock, and anew when they have come apart.
 */
export function makeMicrosecondClock(
  wallMs: () => number = Date.now,
  steadyMs: () => number = () => performance.now(),
): MicrosecondClock {
  let offsetUs = Math.round((wallMs() - steadyMs()) * 1000);
  let lastUs = 0;
  return {
    nowUs() {
      const steadyUs = Math.floor(steadyMs() * 1000);
      const wallUs = wallMs() * 1000;
      if (Math.abs(wallUs - (steadyUs + offsetUs)) > MAX_DRIFT_US) {
        offsetUs = wallUs - steadyUs;
        // A clock that was a day ahead must not keep its hour until that day has come.
        lastUs = 0;
      }
      lastUs = Math.max(steadyUs + offsetUs, lastUs + 1);
      return lastUs;
    },
  };
}
