/**
 * Which URLs a probe is to measure, from memory: the followed list, rules and counters. Never waits for
 * the database, and never answers an empty list where there is any (protocol, probes 4.8 and 4.9).
 */
import { DEFAULT_RULES } from '../core/prioritisation/defaultRules.ts';
import { type Known, makePicker, type Picked, type Picker } from '../core/prioritisation/picker.ts';
import type { Place } from '../core/prioritisation/place.ts';
import { pick, type Ranking, type Wanted } from '../core/prioritisation/ranking.ts';
import type { PrioritisationState } from './apiMetrics.ts';
import { COUNTERS, followCounters } from './followed/counters.ts';
import { type FollowedParts, hearFollowed } from './followed/followedParts.ts';
import { followRules, RULES } from './followed/rules.ts';
import { followTestList, TEST_LIST } from './followed/testList.ts';

export interface Prioritisation {
  pick(place: Place, wanted: Wanted): Picked;
  /** The same before it is made text, for whoever wants to know why. */
  rankingOf(place: Place): Ranking;
  places(ranking: Ranking, wanted: Wanted): readonly number[];
  state(): PrioritisationState;
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
  const { reads } = parts.sharing;
  const testList = reads ? followTestList(followed) : hearFollowed(followed, TEST_LIST);
  const rules = reads ? followRules(followed) : hearFollowed(followed, RULES);
  const counters = reads ? followCounters(followed) : hearFollowed(followed, COUNTERS);

  let made: { readonly of: Known; readonly picker: Picker } | undefined;
  /** Made anew only when what it is made from has changed. */
  const picker = (): Picker => {
    const of: Known = {
      testList: testList.current?.value,
      rules: rules.current?.value,
      counters: counters.current?.value,
    };
    if (
      made === undefined ||
      made.of.testList !== of.testList ||
      made.of.rules !== of.rules ||
      made.of.counters !== of.counters
    )
      made = { of, picker: makePicker(of) };
    return made.picker;
  };

  return {
    pick: (place, wanted) => picker().pick(place, wanted, random),
    rankingOf: (place) => picker().rankingOf(place),
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
    async close() {
      for (const value of [testList, rules, counters]) value.close();
      for (const wait of settled) await wait();
    },
  };
}
