/**
 * Whether a measurement says of itself the place that its sender's address is in (protocol, probes 4.6). A
 * difference is no fault of the measurement: a tunnel looks like that. Many of them show where a GeoIP
 * database, or what stands in front of the server, is wrong.
 */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import type { MeasurementMetadata } from '../measurement/metadata.ts';
import type { Location } from './location.ts';

/** What a measurement says of where and with what it was made. */
export interface Claimed {
  readonly probeCc: string;
  readonly asn: number;
  readonly softwareName: string;
  readonly softwareVersion: string;
  readonly platform: string;
}

/** Texts of a probe that are kept for a look: longer ones say no more. */
const MAX_CHARACTERS = 100;

/** What is looked at of the content. */
export const CLAIM_MEMBERS = ['annotations'];

export function claimedBy(metadata: MeasurementMetadata, content: JsonObject): Claimed {
  const { probeCc, asn, softwareName, softwareVersion } = metadata;
  const annotations = member(content, 'annotations');
  const platform = isObject(annotations) ? member(annotations, 'platform') : undefined;
  return {
    probeCc,
    asn,
    softwareName: softwareName.slice(0, MAX_CHARACTERS),
    softwareVersion: softwareVersion.slice(0, MAX_CHARACTERS),
    platform: typeof platform === 'string' ? platform.slice(0, MAX_CHARACTERS) : '',
  };
}

export type PlaceCheck = 'unknown' | 'match' | readonly ('cc' | 'asn')[];

/** What is not known differs from nothing. */
export function comparePlaces(claimed: Claimed, located: Location): PlaceCheck {
  if (located.cc === 'ZZ' && located.asn === 0) return 'unknown';
  const differing: ('cc' | 'asn')[] = [];
  if (located.cc !== 'ZZ' && located.cc !== claimed.probeCc) differing.push('cc');
  if (located.asn !== 0 && located.asn !== claimed.asn) differing.push('asn');
  return differing.length === 0 ? 'match' : differing;
}

/** A row of `faulty_measurements`: places, and never an address. `atMs`: since 1970. */
export function mismatchRow(
  measurementUid: string,
  claimed: Claimed,
  located: Location,
  atMs: number,
): string {
  return JSON.stringify({
    ts: new Date(atMs).toISOString().slice(0, 23).replace('T', ' '),
    type: 'geoip',
    uid: measurementUid,
    probe_cc: located.cc,
    probe_asn: located.asn,
    details: JSON.stringify({
      submission_cc: claimed.probeCc,
      submission_asn: claimed.asn,
      measurement_uid: measurementUid,
      software_name: claimed.softwareName,
      software_version: claimed.softwareVersion,
      platform: claimed.platform,
    }),
  });
}
