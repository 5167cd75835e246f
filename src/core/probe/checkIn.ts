/** What a probe says at check-in, and where that places it (protocol, probes 3.5 and 4.5). */
import { type JsonObject, member } from '../json/jsonValue.ts';
import { parseStrictAsn } from '../measurement/asNumber.ts';
import { readCategories } from '../prioritisation/categories.ts';
import type { Place } from '../prioritisation/place.ts';
import type { Wanted } from '../prioritisation/ranking.ts';
import type { Location } from './location.ts';

export interface CheckIn {
  /** Two capitals, undefined when the probe does not know it. */
  readonly probeCc: string | undefined;
  /** Above 0, undefined when the probe does not know it. */
  readonly probeAsn: number | undefined;
  readonly softwareName: string;
  readonly softwareVersion: string;
  readonly wanted: Wanted;
}

/** As many as there are. */
export const MAX_URLS = 9_999;
const URLS_CHARGING = 100;
const URLS_ON_BATTERY = 20;

/** Whatever cannot be understood is as absent: a probe's run is worth more than its mistake. */
export function readCheckIn(body: JsonObject): CheckIn {
  const webConnectivity = member(body, 'web_connectivity');
  const categories =
    typeof webConnectivity === 'object' && webConnectivity !== null
      ? member(webConnectivity as JsonObject, 'category_codes')
      : undefined;
  const charging = readBool(member(body, 'charging')) ?? true;
  const limit = charging ? URLS_CHARGING : URLS_ON_BATTERY;
  return {
    probeCc: readCountry(member(body, 'probe_cc')),
    probeAsn: readNetwork(member(body, 'probe_asn')),
    softwareName: textOf(member(body, 'software_name')),
    softwareVersion: textOf(member(body, 'software_version')),
    wanted: {
      categories: readCategories(categories),
      limit: member(body, 'run_type') === 'manual' ? MAX_URLS : limit,
    },
  };
}

/** Each unknown value is replaced alone; what the probe knows wins, for a tunnel may hide where it is. */
export function placeOf({ probeCc, probeAsn }: CheckIn, located: Location): Place {
  return { cc: probeCc ?? located.cc, asn: probeAsn ?? located.asn };
}

/** Two letters, in capitals; undefined for `ZZ`, `XX` and what is none. */
export function readCountry(value: unknown): string | undefined {
  const cc = textOf(value).trim().toUpperCase();
  return /^[A-Z]{2}$/.test(cc) && cc !== 'ZZ' && cc !== 'XX' ? cc : undefined;
}

function readNetwork(value: unknown): number | undefined {
  return parseStrictAsn(textOf(value).trim()) || undefined;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

const TRUE = /^(true|yes|on|t|y|1)$/i;
const FALSE = /^(false|no|off|f|n|0)$/i;

function readBool(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'number' ? String(value) : textOf(value).trim();
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : undefined;
}
