/**
 * What a key in the bucket is to somebody who checks the archive: an object of a can, or something
 * that readers would take for one though no host publishes it. Readers find objects by listing `raw/`
 * and the older `jsonl/`, and go by the file name's extension (protocol, archive 3).
 */

import { DAY_MS } from '../time/days.ts';
import { HOUR_MS, hourStartMs, isHour } from '../time/hours.ts';
import { type CanName, parseObjectKey } from './names.ts';

/** Where readers look for objects. */
export const DATA_PREFIXES = ['raw/', 'jsonl/'] as const;

const DATA = /\.(?:jsonl\.gz|tar\.gz|tar\.lz4|json\.lz4|yaml\.lz4)$/;

export type BucketKey =
  | { readonly kind: 'can'; readonly can: CanName }
  /** `days`: the days, `YYYYMMDD`, that readers may think it is of; none when it says none. */
  | { readonly kind: 'foreign'; readonly days: readonly string[] }
  /** Nothing that a reader takes for measurements. */
  | { readonly kind: 'other' };

export function judgeKey(key: string): BucketKey {
  if (!DATA_PREFIXES.some((prefix) => key.startsWith(prefix)) || !DATA.test(key))
    return { kind: 'other' };
  const parsed = parseObjectKey(key);
  if (parsed !== undefined && isHour(parsed.can.folder.hour))
    return { kind: 'can', can: parsed.can };
  const ofName = /\/(\d{8})[^/]*$/.exec(key)?.[1];
  const ofFolder = /^(?:raw|jsonl\/[^/]+\/[^/]+)\/(\d{8})\//.exec(key)?.[1];
  const days = [ofName, ofFolder].filter((day) => day !== undefined);
  return { kind: 'foreign', days: [...new Set(days)] };
}

/** An object that is younger may be on its way: it goes up before its log entry. */
const ON_ITS_WAY_MS = 2 * DAY_MS;
/** A host's clock and the checker's may differ by this much. */
const CLOCK_SKEW_MS = HOUR_MS;

/** May an object of this hour be there and not in the log yet? */
export function mayBeOnItsWay(hour: string, nowMs: number): boolean {
  const ageMs = nowMs - hourStartMs(hour);
  return ageMs > -CLOCK_SKEW_MS && ageMs < ON_ITS_WAY_MS;
}
