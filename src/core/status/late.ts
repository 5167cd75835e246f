/** When something that timers do is late: the same rule for all of it. */
import { HOUR_MS, hourStartMs } from '../time/hours.ts';

/** A run of the uploader begins after each hour. */
const UPLOADER_PERIOD_S = 3_600;
/** A timer may be late, and a run takes its time. */
const SLACK_MS = 15 * 60_000;
/** Closed hours are published hourly, and one run may fail. */
const PUBLISHED_AFTER_MS = 3 * HOUR_MS;

/** `lastMs`: the last success, 0 for never. One missed run is none. */
export function isLate(lastMs: number, periodSeconds: number, nowMs: number): boolean {
  return nowMs - lastMs > 2 * periodSeconds * 1_000 + SLACK_MS;
}

/** `lastMs`: when the uploader last published all closed hours, 0 for never. */
export function uploadsAreLate(lastMs: number, nowMs: number): boolean {
  return isLate(lastMs, UPLOADER_PERIOD_S, nowMs);
}

/** `hour`: `YYYYMMDDHH` of the oldest measurement that waits in the spool. */
export function publishingIsLate(hour: string, nowMs: number): boolean {
  return nowMs - (hourStartMs(hour) + HOUR_MS) > PUBLISHED_AFTER_MS;
}
