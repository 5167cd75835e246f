/** The list that a probe gets, from one state of what is known (protocol, probes 4.8 and 4.9). */

import { type Counters, NO_COUNTERS } from './counters.ts';
import { DEFAULT_RULES } from './defaultRules.ts';
import { PACKAGED_LIST, sampleTexts } from './failover.ts';
import type { Place } from './place.ts';
import { makePrioritiser, pick, type Ranking, type Wanted } from './ranking.ts';
import type { ListEntry, Rule } from './rules.ts';

/** What was never read is undefined. */
export interface Known {
  readonly testList: readonly ListEntry[] | undefined;
  readonly rules: readonly Rule[] | undefined;
  readonly counters: Counters | undefined;
}

/** Where a list is from: `sample` and `package` are of last resort. */
export const LIST_SOURCES = ['prioritised', 'sample', 'package'] as const;
export type ListSource = (typeof LIST_SOURCES)[number];

export interface Picked {
  readonly source: ListSource;
  /** Each entry as JSON, as probes get it. */
  readonly texts: readonly string[];
}

export interface Picker {
  /** `random` is as Math.random. */
  pick(place: Place, wanted: Wanted, random: () => number): Picked;
  rankingOf(place: Place): Ranking;
}

export function makePicker({ testList = [], rules, counters }: Known): Picker {
  const prioritiser = makePrioritiser({
    testList,
    rules: rules ?? DEFAULT_RULES,
    counters: counters ?? NO_COUNTERS,
  });
  const rankingOf = ({ cc, asn }: Place) => prioritiser.rankingOf(cc, asn);
  return {
    rankingOf,
    pick(place, wanted, random) {
      const ranking = rankingOf(place);
      // Where rules leave out a category alone, nothing of it is meant to be measured.
      if (ranking.order.length > 0) {
        const { texts } = ranking.list;
        const places = pick(ranking, wanted, random);
        return { source: 'prioritised', texts: places.map((at) => texts[at]!) };
      }
      const sample = sampleTexts(testList, wanted, random);
      if (sample.length > 0) return { source: 'sample', texts: sample };
      return { source: 'package', texts: sampleTexts(PACKAGED_LIST, wanted, random) };
    },
  };
}
