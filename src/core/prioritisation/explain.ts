/** A probe's list in words, for operators: each entry with its weight and what it is made of. */
import { type Ranking, weighedEntry } from './ranking.ts';
import { type ListEntry, type Rule, ruleMatches } from './rules.ts';

/** Lines of a table: place, weight, priority, measurements, country, category, URL, rules. */
export function explained(ranking: Ranking, places: readonly number[]): string[] {
  const { entries, rules } = ranking.list;
  const rows = places.map((at, index) => {
    const { weight, priority, msmt_cnt, country_code, category_code, url } = weighedEntry(
      ranking,
      at,
    );
    return [
      `${index + 1}`,
      weight.toFixed(1),
      `${priority}`,
      `${msmt_cnt}`,
      country_code,
      category_code,
      url,
      sumText(entries[at]!, rules),
    ];
  });
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  return table.map((cells) =>
    cells
      .map((cell, column) =>
        column < NUMBERS ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

const HEAD = ['#', 'weight', 'priority', 'measured', 'cc', 'category', 'url', 'rules'];
/** The first so many columns are numbers. */
const NUMBERS = 4;

/** As `NEWS 100 + IT a.org 50`; a rule for everything is `*`. */
function sumText(entry: ListEntry, rules: readonly Rule[]): string {
  return rules
    .filter((rule) => ruleMatches(rule, entry))
    .map(({ category_code, cc, domain, url, priority }) => {
      const narrow = [category_code, cc, domain, url].filter((part) => part !== '*' && part !== '');
      return `${narrow.length === 0 ? '*' : narrow.join(' ')} ${priority}`;
    })
    .join(' + ');
}
