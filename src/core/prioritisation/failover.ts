/**
 * What is answered where nothing can be prioritised: any of the URLs that are for all countries
 * (protocol, probes 4.9). Better than an empty list, which costs a probe its run.
 */
import { FAILOVER_LIST } from './failoverList.ts';
import { entryText, type Wanted } from './ranking.ts';
import { GLOBAL_CC, type ListEntry } from './rules.ts';

/** The list of the package, for a host that never had another one. */
export const PACKAGED_LIST: readonly ListEntry[] = Object.entries(FAILOVER_LIST).flatMap(
  ([category_code, urls]) =>
    urls.map((url) => ({ category_code, domain: new URL(url).hostname, url, cc: GLOBAL_CC })),
);

/** As in the answer to a probe, each at most once. `random` is as Math.random. */
export function sampleTexts(
  testList: readonly ListEntry[],
  { categories, limit }: Wanted,
  random: () => number,
): string[] {
  const pool = testList.filter(
    ({ cc, category_code }) =>
      cc.toUpperCase() === GLOBAL_CC && (categories === undefined || categories.has(category_code)),
  );
  const texts: string[] = [];
  for (let at = 0; at < pool.length && texts.length < limit; at++) {
    const other = at + Math.floor(random() * (pool.length - at));
    texts.push(entryText(pool[other]!));
    pool[other] = pool[at]!;
  }
  return texts;
}
