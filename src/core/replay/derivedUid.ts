/** Uids of measurements from before uids: derived from their bytes (protocol, archive 3). */
import { createHash } from 'node:crypto';
import { formatDateTime, parseDateTime } from '../time/measurementTime.ts';

const VERSION = '01';
const HASH_BYTES = 15;

/**
 * `01<YYYYMMDD><30 hex digits>`: the day of `measurement_start_time` (zeros when it is no time) and
 * SHAKE128 of the measurement as it is stored: a JSON line with its line feed, or a YAML document
 * with its markers. Published rows of old measurements have these, so a replay replaces them.
 */
export function derivedUid(raw: Uint8Array, measurementStartTime: unknown): string {
  const seconds = parseDateTime(measurementStartTime);
  const day = seconds === undefined ? '00000000' : formatDateTime(seconds).slice(0, 10);
  const hash = createHash('shake128', { outputLength: HASH_BYTES }).update(raw).digest('hex');
  return `${VERSION}${day.replaceAll('-', '')}${hash}`;
}
