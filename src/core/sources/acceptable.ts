/** Is what was fetched believable, beside what is there? And what changes? */
import type { Content, ReplacedTable } from './job.ts';

/** What a table holds now. */
export interface Held {
  readonly rows: number;
  /** As in TableContent. */
  readonly byCountry: ReadonlyMap<string, number>;
}

export interface AcceptLimits {
  /** Share of a table's rows that may go at once, in percent. */
  readonly maxLossPercent: number;
  /** In place of a table's own `leastRows`. */
  readonly leastRows?: number | undefined;
}

/** Of a country more than this share may not go at once. */
const MOST_LOSS_OF_COUNTRY = 0.5;
/** A country with fewer rows may lose all of them: one row of two is no sign of anything. */
const LEAST_ROWS_OF_COUNTRY = 10;
const COUNTRIES_NAMED = 5;
/** More than there are: a column with something else must not fill the log. */
const COUNTRIES_CHANGED = 300;

export interface Objections {
  /** What no option can make good. */
  readonly wrong: readonly string[];
  /** What was lost; `--accept-shrink` takes it all the same. */
  readonly shrunk: readonly string[];
}

/** `held`: by table; a table that is not in it, or is empty, can lose nothing. */
export function objections(
  content: Content,
  replaced: readonly ReplacedTable[],
  held: ReadonlyMap<string, Held>,
  limits: AcceptLimits,
): Objections {
  const wrong: string[] = [];
  const shrunk: string[] = [];
  for (const { table, leastRows, mostRows } of replaced) {
    const next = content.tables.find((candidate) => candidate.table === table);
    const rows = next?.lines.length ?? 0;
    const least = limits.leastRows ?? leastRows;
    if (rows < least || rows > mostRows)
      wrong.push(`${table}: expected ${least} to ${mostRows} rows, found ${rows}`);
    const before = held.get(table);
    if (next === undefined || before === undefined) continue;
    if (rows < before.rows * (1 - limits.maxLossPercent / 100))
      shrunk.push(
        `${table}: ${before.rows} rows would become ${rows}, which is a loss of more than ${limits.maxLossPercent} %`,
      );
    const lost = [...before.byCountry]
      .filter(
        ([cc, was]) =>
          was >= LEAST_ROWS_OF_COUNTRY &&
          (next.byCountry.get(cc) ?? 0) < was * (1 - MOST_LOSS_OF_COUNTRY),
      )
      .sort(([, a], [, b]) => b - a)
      .map(([cc, was]) => `${cc} (${was} rows would become ${next.byCountry.get(cc) ?? 0})`);
    if (lost.length > 0) {
      const others =
        lost.length > COUNTRIES_NAMED ? ` and ${lost.length - COUNTRIES_NAMED} more` : '';
      shrunk.push(
        `${table}: more than half is lost of ${lost.slice(0, COUNTRIES_NAMED).join(', ')}${others}`,
      );
    }
  }
  return { wrong, shrunk };
}

/** A line for each table: what it holds, and what it would hold. */
export function changeLines(content: Content, held: ReadonlyMap<string, Held>): readonly string[] {
  return content.tables.map(({ table, lines, byCountry }) => {
    const before = held.get(table);
    const was = before?.rows ?? 0;
    const moved = [...new Set([...byCountry.keys(), ...(before?.byCountry.keys() ?? [])])]
      .sort()
      .map((cc) => ({
        cc,
        by: (byCountry.get(cc) ?? 0) - (before?.byCountry.get(cc) ?? 0),
      }))
      .filter(({ by }) => by !== 0)
      .map(({ cc, by }) => `${cc.slice(0, 10)} ${by > 0 ? '+' : ''}${by}`);
    const named = moved.slice(0, COUNTRIES_CHANGED);
    if (moved.length > named.length) named.push(`and ${moved.length - named.length} more`);
    return `${table}: ${was} -> ${lines.length} rows${named.length === 0 ? '' : ` (${named.join(', ')})`}`;
  });
}
