/**
 * Texts that came lately, within a bound. Two sets that take turns: one from which the oldest is deleted for
 * each new text is looked through from its beginning, where all that were deleted leave their places.
 */

export interface RecentTexts {
  /** Whether it is none of the last `least` different texts; it may be known for twice that. */
  isNew(text: string): boolean;
}

export function makeRecentTexts(least: number): RecentTexts {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    isNew(text) {
      if (young.has(text) || old.has(text)) return false;
      young.add(text);
      if (young.size >= least) {
        old = young;
        young = new Set();
      }
      return true;
    },
  };
}
