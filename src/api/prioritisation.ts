/**
 * Which URLs a probe is to measure, from memory: the followed list, rules and counters. Never waits for
 * the database, and never answers an empty list where there is any (protocol, probes 4.8 and 4.9).
 */
import { NO_COUNTERS } from '../core/prioritisation/counters.ts';
import { DEFAULT_RULES } from '../core/prioritisation/defaultRules.ts';
import { PACKAGED_LIST, sampleTexts } from '../core/prioritisation/failover.ts';
import {
  makePrioritiser,
  type Prioritiser,
  pick,
  type Ranking,
  type Wanted,
} from '../core/prioritisation/ranking.ts';
import type { Place } from '../core/probe/checkIn.ts';
import type { PrioritisationState } from './apiMetrics.ts';
import { followCounters } from './followed/counters.ts';
import type { FollowedParts } from './followed/followedParts.ts';
import { followRules } from './followed/rules.ts';
import { followTestList } from './followed/testList.ts';

/** Where a list is from: `sample` and `package` are of last resort. */
export type ListSource = 'prioritised' | 'sample' | 'package';

export interface Picked {
  readonly source: ListSource;
  /** Each entry as JSON, as probes get it. */
  readonly texts: readonly string[];
}

export interface Prioritisation {
  pick(place: Place, wanted: Wanted): Picked;
  /** The same before it is made text, for whoever wants to know why. */
  rankingOf(place: Place): Ranking;
  places(ranking: Ranking, wanted: Wanted): readonly number[];
  state(): PrioritisationState;
  /** Resolves when all were read once, from disk or database. */
  readonly loaded: Promise<void>;
  /** Ends when what is being kept on disk is there. */
  close(): Promise<void>;
}

export function openPrioritisation(
  parts: Omit<FollowedParts, 'onKept'> & { readonly random: () => number },
): Prioritisation {
  const { random } = parts;
  const settled: (() => Promise<void>)[] = [];
  const followed: FollowedParts = {
    ...parts,
    onKept: (kept) => settled.push(() => kept.settled()),
  };
  const testList = followTestList(followed);
  const rules = followRules(followed);
  const counters = followCounters(followed);

  let made: { readonly of: readonly unknown[]; readonly prioritiser: Prioritiser } | undefined;
  const prioritiser = (): Prioritiser => {
    const state = {
      testList: testList.current?.value ?? [],
      rules: rules.current?.value ?? DEFAULT_RULES,
      counters: counters.current?.value ?? NO_COUNTERS,
    };
    const of = [testList.current?.value, state.rules, state.counters];
    if (made === undefined || made.of.some((value, at) => value !== of[at]))
      made = { of, prioritiser: makePrioritiser(state) };
    return made.prioritiser;
  };

  const lastResort = (wanted: Wanted): Picked => {
    const known = sampleTexts(testList.current?.value ?? [], wanted, random);
    if (known.length > 0) return { source: 'sample', texts: known };
    return { source: 'package', texts: sampleTexts(PACKAGED_LIST, wanted, random) };
  };

  return {
    pick({ cc, asn }, wanted) {
      const ranking = prioritiser().rankingOf(cc, asn);
      // Of a category that the rules or the list leave out nothing is meant to be measured.
      if (ranking.order.length === 0) return lastResort(wanted);
      const { texts } = ranking.list;
      return {
        source: 'prioritised',
        texts: pick(ranking, wanted, random).map((at) => texts[at]!),
      };
    },
    rankingOf: ({ cc, asn }) => prioritiser().rankingOf(cc, asn),
    places: (ranking, wanted) => pick(ranking, wanted, random),
    state: () => ({
      testListEntries: testList.current?.value.length ?? 0,
      rules: (rules.current?.value ?? DEFAULT_RULES).length,
      loadedAtMs: {
        test_list: testList.current?.loadedAtMs ?? 0,
        rules: rules.current?.loadedAtMs ?? 0,
        counters: counters.current?.loadedAtMs ?? 0,
      },
    }),
    loaded: Promise.all([testList.loaded, rules.loaded, counters.loaded]).then(() => {}),
    async close() {
      for (const value of [testList, rules, counters]) value.close();
      for (const wait of settled) await wait();
    },
  };
}
