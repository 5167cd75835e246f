import { parseDateTime, parseUidTime } from '../time/measurementTime.ts';
import type { Measurement } from './measurement.ts';
import type { Scores } from './scores.ts';

const SHORTEST_UID_CHARS = 20;
const FUTURE_S = 3600;
const TOO_OLD_S = 31_536_000;

/**
 * Marks a measurement whose start time cannot be true, judged by when it was received
 * (protocol, scoring 1 step 6). Older uids carry no receive time and are left alone.
 */
export function checkClock(measurement: Measurement, uid: string, scores: Scores): void {
  if (!uid.startsWith('20') || uid.length < SHORTEST_UID_CHARS) return;
  const receivedUs = parseUidTime(uid);
  const startedS = parseDateTime(measurement.measurement_start_time);
  if (receivedUs === undefined || startedS === undefined) return;

  const delayUs = receivedUs - startedS * 1e6;
  if (delayUs < -FUTURE_S * 1e6) {
    scores.accuracy = 0;
    scores.msg = 'Measurement start time from the future';
  } else if (delayUs > TOO_OLD_S * 1e6) {
    scores.accuracy = 0;
    scores.msg = 'Measurement start time too old';
  }
}
