/**
 * Names inside the spool (protocol, archive 1; docs/architecture.md).
 * Pure: paths are relative to the spool folder.
 */
import { type MeasurementUid, parseMeasurementUid } from './measurementUid.ts';

export const SPOOL_FOLDERS = ['incoming', 'pending', 'outgoing', 'quarantine', 'seen'] as const;

export const POST_SUFFIX = '.post';

/** `<YYYYMMDDHH>_<CC>_<testname>`: the folder of an hour, country and test. */
export function hourFolderName(uid: MeasurementUid): string {
  return `${uid.hour}_${uid.probeCc}_${uid.testName}`;
}

/** `incoming/<YYYYMMDDHH>_<CC>_<testname>/<uid>.post` */
export function incomingPath(uid: MeasurementUid): string {
  return `incoming/${hourFolderName(uid)}/${uid.text}${POST_SUFFIX}`;
}

/** `pending/<uid>.post` */
export function pendingPath(uid: string): string {
  return `pending/${uid}${POST_SUFFIX}`;
}

/** The uid in a `.post` file's name, or undefined for any other name. */
export function uidOfFileName(name: string): MeasurementUid | undefined {
  return name.endsWith(POST_SUFFIX)
    ? parseMeasurementUid(name.slice(0, -POST_SUFFIX.length))
    : undefined;
}

export interface HourFolder {
  readonly name: string;
  /** `YYYYMMDDHH`, UTC. */
  readonly hour: string;
  readonly probeCc: string;
  readonly testName: string;
}

/** Takes an hour folder's name apart; undefined for folders that are not the uploader's. */
export function parseHourFolder(name: string): HourFolder | undefined {
  const match = /^(\d{10})_([A-Z0-9]{2})_([a-z0-9-]{1,30})$/.exec(name);
  if (match === null) return undefined;
  return { name, hour: match[1]!, probeCc: match[2]!, testName: match[3]! };
}
