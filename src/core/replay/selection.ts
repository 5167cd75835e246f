/** Which objects of the bucket a replay reads, and where it looks for them. */

import { dashed } from '../time/hours.ts';
import type { Layout, ObjectName } from './archiveObjects.ts';
import { type HourRange, hoursOf } from './range.ts';

export interface Filter {
  readonly range: HourRange | undefined;
  /** Upper case; empty: all. */
  readonly countries: ReadonlySet<string>;
  /** Without underscores; empty: all. */
  readonly tests: ReadonlySet<string>;
}

/** False when the name tells that no measurement in the object is wanted. */
export function mayBeWanted(name: ObjectName, filter: Filter): boolean {
  const { range, countries, tests } = filter;
  if (range !== undefined && name.since !== undefined && name.until !== undefined)
    if (name.since >= range.until || name.until <= range.since) return false;
  if (name.probeCc !== undefined && countries.size > 0 && !countries.has(name.probeCc))
    return false;
  return name.testName === undefined || tests.size === 0 || tests.has(name.testName);
}

// Old and new layout overlap by two days (protocol, scoring 7: "since 2020-10-20"; the last day
// with cans is 2020-10-21).
const FIRST_RAW_DAY = '20201020';
const LAST_CANNED_DAY = '20201021';

/** The layouts that can have measurements of a day `YYYYMMDD`. */
export function layoutsOf(day: string): readonly Layout[] {
  const layouts: Layout[] = [];
  if (day >= FIRST_RAW_DAY) layouts.push('raw');
  if (day <= LAST_CANNED_DAY) layouts.push('jsonl', 'canned');
  return layouts;
}

/** More prefixes than this cost more requests than they save. */
const MAX_COUNTRY_PREFIXES = 8;

/** Where the objects of a day `YYYYMMDD` are in `raw/` and `canned/`. */
export function dayPrefixes(layout: 'raw' | 'canned', day: string, filter: Filter): string[] {
  if (layout === 'canned') return [`canned/${dashed(day)}/`];
  const hours = filter.range === undefined ? [] : [...hoursOf(filter.range, day)];
  const countries = [...filter.countries];
  const byCountry = countries.length > 0 && countries.length <= MAX_COUNTRY_PREFIXES;
  if (!byCountry && (hours.length === 0 || hours.length === 24)) return [`raw/${day}/`];
  return hours
    .map((hour) => `raw/${day}/${hour.slice(8)}/`)
    .flatMap((prefix) => (byCountry ? countries.map((cc) => `${prefix}${cc}/`) : [prefix]));
}

/** `jsonl/<testname>/<CC>/<YYYYMMDD>/00/` is not sorted by time: all days are looked for at once. */
export function jsonlPrefixes(filter: Filter): string[] {
  if (filter.tests.size === 0) return ['jsonl/'];
  return [...filter.tests].flatMap((test) =>
    filter.countries.size === 0
      ? [`jsonl/${test}/`]
      : [...filter.countries].map((cc) => `jsonl/${test}/${cc}/`),
  );
}

/**
 * The objects to read of those that hold the same measurements.
 *
 * - A postcan rather than its JSONL: it names the uids, and has the envelope with `is_verified`.
 * - Legacy cans rather than `jsonl/` of the same day: uids of that time are made from their bytes.
 */
export function withoutDoubles<Named extends { readonly name: ObjectName }>(
  objects: readonly Named[],
): Named[] {
  const postcans = new Set(
    objects.filter(({ name }) => name.format === 'tar.gz').map(({ name }) => stem(name)),
  );
  const cannedDays = new Set(
    objects.filter(({ name }) => name.layout === 'canned').map(({ name }) => name.since),
  );
  return objects.filter(({ name }) => {
    if (name.format !== 'jsonl.gz') return true;
    return !postcans.has(stem(name)) && !(name.layout === 'jsonl' && cannedDays.has(name.since));
  });
}

function stem(name: ObjectName): string {
  return name.key.slice(0, -(name.format.length + 1));
}
