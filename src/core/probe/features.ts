/** Switches in the client that check-in sets (protocol, probes 3.5). */

import type { Place } from '../prioritisation/place.ts';
import { compareVersions, parseVersion } from '../scoring/pep440.ts';
import type { CheckIn } from './checkIn.ts';

/** By the name of the switch. All are booleans: the command line drops the whole answer otherwise. */
export type Features = Readonly<Record<string, boolean>>;

/** For probes that every condition fits, the feature is `value`. */
export interface FeatureRule {
  readonly feature: string;
  readonly value: boolean;
  /** Part of the check-ins, drawn for each: nothing tells one client from another. */
  readonly share: number;
  /** An empty list: any. Of the effective place. */
  readonly countries: readonly string[];
  readonly asns: readonly number[];
  readonly software_names: readonly string[];
  /** Both included; versions that cannot be compared are none of these. */
  readonly min_software_version?: string | undefined;
  readonly max_software_version?: string | undefined;
}

/** Of the rules that fit, the last one counts. `random` is as Math.random. */
export function featuresOf(
  parts: { readonly features: Features; readonly rules: readonly FeatureRule[] },
  probe: Pick<CheckIn, 'softwareName' | 'softwareVersion'>,
  place: Place,
  random: () => number,
): Features {
  const { features, rules } = parts;
  if (rules.length === 0) return features;
  const changed: Record<string, boolean> = { ...features };
  for (const rule of rules)
    if (fits(rule, probe, place, random)) changed[rule.feature] = rule.value;
  return changed;
}

function fits(
  rule: FeatureRule,
  { softwareName, softwareVersion }: Pick<CheckIn, 'softwareName' | 'softwareVersion'>,
  { cc, asn }: Place,
  random: () => number,
): boolean {
  const { min_software_version: min, max_software_version: max } = rule;
  const isAmong = <Item>(items: readonly Item[], item: Item) =>
    items.length === 0 || items.includes(item);
  const isFrom = min === undefined || (compare(softwareVersion, min) ?? -1) >= 0;
  const isUpTo = max === undefined || (compare(softwareVersion, max) ?? 1) <= 0;
  return (
    isAmong(rule.countries, cc) &&
    isAmong(rule.asns, asn) &&
    isAmong(rule.software_names, softwareName) &&
    isFrom &&
    isUpTo &&
    random() < rule.share
  );
}

/** Undefined when one of them is no version. */
function compare(left: string, right: string): number | undefined {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  return a === undefined || b === undefined ? undefined : compareVersions(a, b);
}
