/** Which rules count for which entry of the test list, and what they add up to (protocol, probes 4.8). */

/** A row of `citizenlab`. */
export interface ListEntry {
  readonly category_code: string;
  readonly domain: string;
  readonly url: string;
  /** In the case in which the list has it; `ZZ`: for all countries. */
  readonly cc: string;
}

/** A live row of `url_priorities`; `*` and the empty text stand for anything. */
export interface Rule {
  readonly category_code: string;
  readonly cc: string;
  readonly domain: string;
  readonly url: string;
  readonly priority: number;
}

export const GLOBAL_CC = 'ZZ';

const isAny = (value: string) => value === '' || value === '*';
const fits = (wanted: string, value: string) => isAny(wanted) || wanted === value;

/** The rules that count where probes of this country (in capitals) are served. */
export function rulesOfCountry(rules: readonly Rule[], cc: string): Rule[] {
  return rules.filter((rule) => fits(rule.cc.toUpperCase(), cc));
}

/**
 * Does a rule mean this entry? A rule for a country means entries for all countries too: whether that
 * country is served is `rulesOfCountry`.
 */
export function ruleMatches(rule: Rule, entry: ListEntry): boolean {
  return (
    fits(rule.category_code, entry.category_code) &&
    fits(rule.domain, entry.domain) &&
    fits(rule.url, entry.url) &&
    (entry.cc.toUpperCase() === GLOBAL_CC || fits(rule.cc.toUpperCase(), entry.cc.toUpperCase()))
  );
}

/** Sum over all rules that match; may be negative. */
export function priorityOf(entry: ListEntry, rules: readonly Rule[]): number {
  let sum = 0;
  for (const rule of rules) if (ruleMatches(rule, entry)) sum += rule.priority;
  return sum;
}

/** So many measurements stand for none: a URL that nobody measured weighs ten times its priority. */
const FEWEST_MEASUREMENTS = 0.1;

/** Priorities are relative frequencies: of two URLs the one with four times the priority is measured four times as often. */
export function weightOf(priority: number, measurements: number): number {
  return priority / Math.max(measurements, FEWEST_MEASUREMENTS);
}
