/** Fingerprints of one header. There are hundreds for some, and a measurement can have a response for every forty bytes. */
import type { Fingerprint } from './fingerprint.ts';
import { groupBy } from './groupBy.ts';

export interface HeaderFingerprint {
  /** Place in the table: matches of several headers are listed in this order. */
  readonly rank: number;
  readonly fingerprint: Fingerprint;
}

export interface HeaderPatterns {
  /** Is there one that the value may begin with? */
  readonly hasPrefixes: boolean;
  /** Those of type `full`, whose pattern is the value. In no order. */
  equalTo(value: unknown): readonly HeaderFingerprint[];
  /** Those of type `prefix`, with whose pattern the text begins. In no order. */
  beginning(text: string): readonly HeaderFingerprint[];
}

/** Other types never match, as in published scores (protocol, scoring 4.3). */
export function headerPatterns(all: readonly HeaderFingerprint[]): HeaderPatterns {
  const full: ReadonlyMap<unknown, readonly HeaderFingerprint[]> = byPattern(all, 'full');
  const prefixes = byPattern(all, 'prefix');
  const sorted = [...prefixes.keys()].sort();
  const parents = parentsOf(sorted);
  return {
    hasPrefixes: prefixes.size > 0,
    equalTo: (value) => full.get(value) ?? [],
    beginning(text) {
      const found: HeaderFingerprint[] = [];
      // What the text begins with is also the beginning of each that sorts between the two.
      for (let at = lastUpTo(sorted, text); at >= 0; at = parents[at]!)
        if (text.startsWith(sorted[at]!)) found.push(...prefixes.get(sorted[at]!)!);
      return found;
    },
  };
}

function byPattern(all: readonly HeaderFingerprint[], type: string) {
  return groupBy(
    all.filter(({ fingerprint }) => fingerprint.patternType === type),
    ({ fingerprint }) => fingerprint.pattern,
  );
}

/** For each of sorted texts, the place of the longest other that it begins with; -1: none. */
function parentsOf(sorted: readonly string[]): readonly number[] {
  const parents: number[] = [];
  for (const [at, text] of sorted.entries()) {
    let parent = at - 1;
    while (parent >= 0 && !text.startsWith(sorted[parent]!)) parent = parents[parent]!;
    parents.push(parent);
  }
  return parents;
}

/** Place of the last that does not sort behind the text; -1: all do. */
function lastUpTo(sorted: readonly string[], text: string): number {
  let first = 0;
  let end = sorted.length;
  while (first < end) {
    const middle = (first + end) >>> 1;
    if (sorted[middle]! <= text) first = middle + 1;
    else end = middle;
  }
  return first - 1;
}
