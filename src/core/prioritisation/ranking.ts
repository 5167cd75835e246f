/**
 * The test list in the order in which a network shall measure it (protocol, probes 4.8): heavy URLs
 * first, equally heavy ones in any order. The order of a network is worked out once and kept; chance,
 * categories and limit come with each request, and cost as much as is answered.
 */
import { type Counters, countsOfNetwork } from './counters.ts';
import {
  GLOBAL_CC,
  type ListEntry,
  priorityOf,
  type Rule,
  rulesOfCountry,
  weightOf,
} from './rules.ts';

export interface Wanted {
  /** Undefined: all. */
  readonly categories: ReadonlySet<string> | undefined;
  /** At least 1. */
  readonly limit: number;
}

/** What probes of a country may get, whatever their network. */
export interface CountryList {
  /** Its own first, then those for all countries. */
  readonly entries: readonly ListEntry[];
  /** Of each entry, as probes get it (protocol, probes 3.5): `{"category_code":…,"url":…,"country_code":…}`. */
  readonly texts: readonly string[];
  /** Codes of the list, each once; the category of an entry is a place among them. */
  readonly categories: readonly string[];
  readonly categoryOf: Uint16Array;
  /** Of each entry; may be negative. */
  readonly priorities: Float64Array;
  readonly rules: readonly Rule[];
}

/** Those with a priority above 0, heaviest first. */
export interface Ranking {
  readonly list: CountryList;
  /** Places in the list. */
  readonly order: Uint32Array;
  /** For each of these, where the run of equal weights ends that it is in. */
  readonly tieEnds: Uint32Array;
  /** Measurements of each entry of the list. */
  readonly counts: Uint32Array;
}

export interface Prioritiser {
  /** Of a country, in capitals. */
  listOf(cc: string): CountryList;
  /** `asn` 0: by the measurements of the whole country. */
  rankingOf(cc: string, asn: number): Ranking;
}

/** Rankings that are kept at once; networks that ask within a minute are fewer. */
const MAX_KEPT = 1_000;

/** Over one state of list, rules and counters. */
export function makePrioritiser(parts: {
  readonly testList: readonly ListEntry[];
  readonly rules: readonly Rule[];
  readonly counters: Counters;
}): Prioritiser {
  const { rules, counters } = parts;
  const listed = new Map<string, ListEntry[]>();
  for (const entry of parts.testList) {
    const cc = entry.cc.toUpperCase();
    const before = listed.get(cc);
    if (before === undefined) listed.set(cc, [entry]);
    else before.push(entry);
  }
  // An entry for all countries is in each list, its text only once.
  const texts = new Map<ListEntry, string>();
  const textOf = (entry: ListEntry): string => {
    const text = texts.get(entry) ?? entryText(entry);
    texts.set(entry, text);
    return text;
  };
  const special = new Set([...listed.keys(), ...rules.map(({ cc }) => cc.toUpperCase())]);
  const lists = new Map<string, CountryList>();
  const rankings = new Map<string, Ranking>();

  // A country without entries and rules of its own is as any other: whatever clients call theirs, no
  // more is kept than there are.
  const listedName = (cc: string) => (special.has(cc) ? cc : GLOBAL_CC);

  const listOf = (cc: string): CountryList => {
    const name = listedName(cc);
    let list = lists.get(name);
    if (list === undefined) {
      const own = name === GLOBAL_CC ? [] : (listed.get(name) ?? []);
      const entries = [...own, ...(listed.get(GLOBAL_CC) ?? [])];
      const countryRules = rulesOfCountry(rules, name);
      const categories = [...new Set(entries.map(({ category_code }) => category_code))];
      const places = new Map(categories.map((code, at) => [code, at]));
      list = {
        entries,
        texts: entries.map(textOf),
        categories,
        categoryOf: Uint16Array.from(entries, ({ category_code }) => places.get(category_code)!),
        priorities: Float64Array.from(entries, (entry) => priorityOf(entry, countryRules)),
        rules: countryRules,
      };
      lists.set(name, list);
    }
    return list;
  };

  return {
    listOf,
    rankingOf(cc, asn) {
      const counts = countsOfNetwork(counters, cc, asn);
      const key = counts === undefined ? listedName(cc) : `${cc} ${asn}`;
      let ranking = rankings.get(key);
      if (ranking === undefined) {
        if (rankings.size >= MAX_KEPT) rankings.clear();
        ranking = rank(listOf(cc), countsByUrl(counters, counts));
        rankings.set(key, ranking);
      }
      return ranking;
    },
  };
}

function countsByUrl(
  { urls }: Counters,
  pairs: Uint32Array = new Uint32Array(),
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < pairs.length; at += 2) counts.set(urls[pairs[at]!]!, pairs[at + 1]!);
  return counts;
}

function rank(list: CountryList, countByUrl: ReadonlyMap<string, number>): Ranking {
  const { entries, priorities } = list;
  const counts = Uint32Array.from(entries, ({ url }) => countByUrl.get(url) ?? 0);
  const weights = priorities.map((priority, at) => weightOf(priority, counts[at]!));
  const order = Uint32Array.from(entries.keys())
    .filter((at) => priorities[at]! > 0)
    .sort((a, b) => weights[b]! - weights[a]!);
  const tieEnds = new Uint32Array(order.length);
  for (let at = order.length - 1; at >= 0; at--) {
    const tied = at + 1 < order.length && weights[order[at + 1]!] === weights[order[at]!];
    tieEnds[at] = tied ? tieEnds[at + 1]! : at + 1;
  }
  return { list, order, tieEnds, counts };
}

/**
 * Places in `ranking.list` of what is answered, in order. Equal weights are shuffled, so that not all
 * probes of a network that has measured nothing begin with the same URLs. `random` is as Math.random.
 */
export function pick(
  { list, order, tieEnds }: Ranking,
  { categories, limit }: Wanted,
  random: () => number,
): number[] {
  const { categoryOf } = list;
  const isWanted =
    categories === undefined ? undefined : list.categories.map((code) => categories.has(code));
  const picked: number[] = [];
  let start = 0;
  while (start < order.length && picked.length < limit) {
    const end = tieEnds[start]!;
    const tied: number[] = [];
    for (let at = start; at < end; at++) {
      const place = order[at]!;
      if (isWanted === undefined || isWanted[categoryOf[place]!]) tied.push(place);
    }
    const count = tied.length;
    // Fisher and Yates, as far as there is room for.
    for (let at = 0; at < count && picked.length < limit; at++) {
      const other = at + Math.floor(random() * (count - at));
      picked.push(tied[other]!);
      tied[other] = tied[at]!;
    }
    start = end;
  }
  return picked;
}

/** What debugging shows of an entry (protocol, probes 3.17). */
export interface WeighedEntry {
  readonly category_code: string;
  readonly url: string;
  readonly country_code: string;
  readonly msmt_cnt: number;
  readonly priority: number;
  readonly weight: number;
}

export function weighedEntry({ list, counts }: Ranking, at: number): WeighedEntry {
  const { category_code, url, cc } = list.entries[at]!;
  const priority = list.priorities[at]!;
  const msmt_cnt = counts[at]!;
  const weight = weightOf(priority, msmt_cnt);
  return { category_code, url, country_code: countryCodeOf(cc), msmt_cnt, priority, weight };
}

/** An entry's country as probes know it: `XX` where it is for all. */
function countryCodeOf(cc: string): string {
  const capitals = cc.toUpperCase();
  return capitals === GLOBAL_CC ? 'XX' : capitals;
}

export function entryText({ category_code, url, cc }: ListEntry): string {
  return JSON.stringify({ category_code, url, country_code: countryCodeOf(cc) });
}
