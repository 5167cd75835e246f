/** measurement_uid: `<YYYYMMDDHHMMSS.ffffff>_<CC>_<testname>_<hash>` (protocol, probes 4.2). */
import { type Hash, hash } from 'node:crypto';
import { withoutUnderscores } from '../nettests/testNameForms.ts';

export interface MeasurementUid {
  readonly text: string;
  /** Receive time to the hour, UTC: `YYYYMMDDHH`. */
  readonly hour: string;
  /** Country code, upper case. */
  readonly probeCc: string;
  /** Test name without underscores. */
  readonly testName: string;
}

/**
 * Makes the uid of a stored envelope.
 *
 * `receivedUs`: receive time in microseconds since 1970, UTC. `probeCc` and `testName` must have
 * passed the metadata rules; underscores in the test name are dropped.
 */
export function makeMeasurementUid(
  receivedUs: number,
  probeCc: string,
  testName: string,
  stored: Uint8Array,
): string {
  const end = hash('sha512', stored, 'hex').slice(0, HASH_DIGITS);
  return `${uidTimestamp(receivedUs)}_${probeCc}_${withoutUnderscores(testName)}_${end}`;
}

/** What a uid ends with, from the SHA-512 of the stored envelope. */
export function storedHash(sha512: Hash): string {
  return sha512.digest('hex').slice(0, HASH_DIGITS);
}

const HASH_DIGITS = 16;

/** `YYYYMMDDHHMMSS.ffffff`, UTC. */
export function uidTimestamp(receivedUs: number): string {
  const iso = new Date(Math.floor(receivedUs / 1000)).toISOString();
  const microseconds = String(receivedUs % 1_000_000).padStart(6, '0');
  return `${iso.slice(0, 19).replace(/[-T:]/g, '')}.${microseconds}`;
}

/** Whether ids can be made at that time, in milliseconds since 1970: no clock that is no number is good. */
export function isGoodTime(atMs: number): boolean {
  // The years of the pattern below.
  return atMs >= Date.UTC(2000, 0, 1) && atMs < Date.UTC(2100, 0, 1);
}

const UID =
  /^(20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3]))(?:[0-5]\d){2}\.\d{6}_([A-Z0-9]{2})_([a-z0-9-]{1,30})_([0-9a-f]{16})$/;

/**
 * Takes a uid apart, or undefined when it is not of this form (older uids, `01…`, are not).
 * What passes is safe as a file name.
 */
export function parseMeasurementUid(text: string): MeasurementUid | undefined {
  const match = UID.exec(text);
  if (match === null) return undefined;
  return { text, hour: match[1]!, probeCc: match[2]!, testName: match[3]! };
}

/** Receive time of a uid in milliseconds since 1970, or NaN. */
export function uidReceivedMs(uid: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})/.exec(uid);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, ms] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}
