/** What an engine says of itself when it asks what to run (protocol, data 6.1). */

import { ENGINE_ASN, MAX_ASN, parseLooseAsn } from '../measurement/asNumber.ts';
import { readCategories } from '../prioritisation/categories.ts';
import type { Place } from '../prioritisation/place.ts';
import type { Wanted } from '../prioritisation/ranking.ts';
import { MAX_URLS } from '../probe/checkIn.ts';
import { readObject } from '../validation/bodyReader.ts';
import type { Issue } from '../validation/issues.ts';

export type EngineRequestCheck =
  | { readonly kind: 'ok'; readonly place: Place; readonly wanted: Wanted }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

const NETWORK_TYPES = [
  'vpn',
  'wifi',
  'mobile',
  'wired_ethernet',
  'no_internet',
  'bluetooth',
  'usb',
  'unknown',
] as const;
const URLS_CHARGING = 100;
const URLS_ON_BATTERY = 20;
const MAX_CATEGORIES = 100;

/** Six fields: name, version, platform, engine, engine version, the same in full. */
const USER_AGENT =
  /^[A-Za-z0-9_-]+,[A-Za-z0-9._-]+,[A-Za-z0-9 _-]+,[A-Za-z0-9_-]+,[A-Za-z0-9._-]+,[A-Za-z0-9._-]+$/;

/** `userAgent`: the header `useragent`, empty where there is none. */
export function readEngineRequest(body: unknown, userAgent: string): EngineRequestCheck {
  const reader = readObject(body);
  const runType = reader.choice('run_type', ['timed', 'manual']);
  const isCharging = reader.optionalBool('is_charging');
  if (!reader.has('is_charging')) reader.refuse('is_charging', 'missing', 'Field required');
  const asn = reader.text('probe_asn', { pattern: ENGINE_ASN });
  const cc = reader.text('probe_cc', { minLength: 2, maxLength: 2 });
  reader.choice('network_type', NETWORK_TYPES);
  const categories = reader.texts('website_category_codes', {
    maxItems: MAX_CATEGORIES,
    maxLength: 20,
  });
  if (userAgent !== '' && !USER_AGENT.test(userAgent))
    reader.issues.push({
      type: 'string_pattern_mismatch',
      loc: ['header', 'useragent'],
      msg: 'Value error, expected name,version,platform,engine,engine version,full engine version',
    });
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  const capitals = cc.toUpperCase();
  const limit = isCharging ? URLS_CHARGING : URLS_ON_BATTERY;
  return {
    kind: 'ok',
    place: {
      cc: /^[A-Z]{2}$/.test(capitals) ? capitals : 'ZZ',
      asn: parseLooseAsn(asn) ?? MAX_ASN,
    },
    wanted: {
      categories: readCategories(categories),
      limit: runType === 'manual' ? MAX_URLS : limit,
    },
  };
}

/** Inputs of a test from entries of the list, as JSON texts. */
export function inputsOf(texts: readonly string[]) {
  const entries = texts.map((text) => JSON.parse(text) as { readonly url: string });
  return {
    inputs: entries.map(({ url }) => url),
    inputs_extra: entries.map(({ url: _, ...extra }) => extra),
  };
}
