/** The rules of a new database, one for each category (protocol, probes 4.8). */
import type { Rule } from './rules.ts';

const CATEGORIES_BY_PRIORITY: readonly (readonly [priority: number, categories: string])[] = [
  [100, 'NEWS POLR HUMR LGBT ANON COMT GRP'],
  [80, 'MMED SRCH PUBH'],
  [60, 'REL XED HOST ENV'],
  [40, 'FILE CULTR IGO GOVT'],
  [30, 'DATE HATE MILX PROV PORN GMB ALDR'],
  [20, 'GAME MISC HACK ECON COMM CTRL'],
];

export const DEFAULT_RULES: readonly Rule[] = CATEGORIES_BY_PRIORITY.flatMap(
  ([priority, categories]) =>
    categories
      .split(' ')
      .map((category_code) => ({ category_code, cc: '*', domain: '*', url: '*', priority })),
);
