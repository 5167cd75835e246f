/** Golden cases of prioritisation: what one holds, what we make of it, and where that differs. */
import { countedWeeks, countersBuilder } from '../../src/core/prioritisation/counters.ts';
import { seededRandom } from '../../src/core/prioritisation/random.ts';
import {
  makePrioritiser,
  pick,
  type WeighedEntry,
  weighedEntry,
} from '../../src/core/prioritisation/ranking.ts';
import type { ListEntry, Rule } from '../../src/core/prioritisation/rules.ts';

export interface PrioritisationCase {
  readonly name: string;
  readonly why: string;
  readonly clock: string;
  readonly request: {
    readonly country_code: string;
    readonly category_codes: readonly string[];
    readonly probe_asn: number;
    readonly limit: number;
  };
  readonly rules: readonly Rule[];
  readonly test_lists: readonly ListEntry[];
  readonly counters: readonly {
    readonly week: string;
    readonly probe_cc: string;
    readonly probe_asn: number;
    readonly input: string;
    readonly msmt_cnt: number;
  }[];
  readonly expected: readonly WeighedEntry[];
  /** First and last place of runs in which the order is free. */
  readonly equal_weight_ranges: readonly (readonly [number, number])[];
}

export function prioritised(golden: PrioritisationCase, seed: number): WeighedEntry[] {
  const { request, rules, test_lists: testList } = golden;
  const weeks = countedWeeks(Date.parse(golden.clock));
  const byInput = new Map<string, { ccs: string[]; asns: number[]; counts: number[] }>();
  for (const { week, probe_cc, probe_asn, input, msmt_cnt } of golden.counters) {
    if (!weeks.includes(week)) continue;
    const lists = byInput.get(input) ?? { ccs: [], asns: [], counts: [] };
    byInput.set(input, lists);
    lists.ccs.push(probe_cc);
    lists.asns.push(probe_asn);
    lists.counts.push(msmt_cnt);
  }
  const counters = countersBuilder();
  for (const [input, lists] of byInput) counters.add({ input, ...lists });
  const prioritiser = makePrioritiser({ testList, rules, counters: counters.build() });
  const ranking = prioritiser.rankingOf(request.country_code, request.probe_asn);
  const categories =
    request.category_codes.length === 0 ? undefined : new Set(request.category_codes);
  return pick(ranking, { categories, limit: request.limit }, seededRandom(seed)).map((at) =>
    weighedEntry(ranking, at),
  );
}

const RELATIVE_TOLERANCE = 1e-9;

/** Where a list is not as the case expects it; one line each. */
export function listDifferences(
  golden: PrioritisationCase,
  list: readonly WeighedEntry[],
): string[] {
  const { expected } = golden;
  if (list.length !== expected.length)
    return [`expected ${expected.length} entries, found ${list.length}`];
  const found: string[] = [];
  const sortRuns = (entries: readonly WeighedEntry[]) => {
    const sorted = [...entries];
    for (const [first, last] of golden.equal_weight_ranges) {
      const run = sorted.slice(first, last + 1).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      sorted.splice(first, run.length, ...run);
    }
    return sorted;
  };
  const ours = sortRuns(list);
  sortRuns(expected).forEach((wanted, at) => {
    const entry = ours[at]!;
    if (nameOf(entry) !== nameOf(wanted)) {
      found.push(`${at}: expected ${nameOf(wanted)}, found ${nameOf(entry)}`);
      return;
    }
    for (const key of ['msmt_cnt', 'priority', 'weight'] as const) {
      const tolerance = RELATIVE_TOLERANCE * Math.max(1, Math.abs(wanted[key]));
      if (!(Math.abs(entry[key] - wanted[key]) <= tolerance))
        found.push(`${at}: ${key}: expected ${wanted[key]}, found ${entry[key]}`);
    }
  });
  return found;
}

const nameOf = ({ country_code, category_code, url }: WeighedEntry) =>
  `${country_code} ${category_code} ${url}`;
