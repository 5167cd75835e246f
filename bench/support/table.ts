/**
 * The table of `make bench`: what was measured, each beside its limit measured in the same run. Pure.
 *
 * Rows are compared by their share of the limit, which moves far less than the figure itself when the
 * machine is busy or another one.
 */

export interface BenchRow {
  /** What a later table is compared by: the same in every run. */
  readonly name: string;
  /** Above zero, like the limit. */
  readonly value: number;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** The best that could be, in the same unit; none where nothing says so. */
  readonly limit?: number;
  readonly limitName?: string;
}

export interface BenchTable {
  readonly machine: string;
  readonly processor: string;
  readonly node: string;
  /** `2026-08-21T10:15:03.000Z` */
  readonly measuredAt: string;
  readonly rows: readonly BenchRow[];
}

export type Change =
  | { readonly kind: 'fell'; readonly name: string; readonly before: number; readonly now: number }
  /** Recorded, and no longer measured. */
  | { readonly kind: 'missing'; readonly name: string };

/** A row falls by more than this before it is named. */
const TOLERATED = 0.1;

/** The larger the better, whatever the unit: the share of the limit, where there is one. */
export function goodness({ value, limit = 1, better }: BenchRow): number {
  return better === 'more' ? value / limit : limit / value;
}

/** Rows that are worse than recorded by more than a tenth, and those that are gone. */
export function changes(now: BenchTable, recorded: BenchTable): Change[] {
  const measured = new Map(now.rows.map((row) => [row.name, row]));
  return recorded.rows.flatMap((old): Change[] => {
    const { name } = old;
    const row = measured.get(name);
    if (row === undefined) return [{ kind: 'missing', name }];
    // A limit that one of them lacks says nothing about the other.
    const comparable = (one: BenchRow, other: BenchRow): BenchRow =>
      other.limit === undefined ? { ...one, limit: 1 } : one;
    const [before, after] = [goodness(comparable(old, row)), goodness(comparable(row, old))];
    return after < before * (1 - TOLERATED) ? [{ kind: 'fell', name, before, now: after }] : [];
  });
}

/** As a person reads it: one line a row. */
export function tableText({ machine, processor, node, rows }: BenchTable): string {
  const cells = rows.map((row) => [
    row.name,
    `${figure(row.value)} ${row.unit}`,
    row.limit === undefined ? '' : `${figure(row.limit)} (${row.limitName ?? 'limit'})`,
    row.limit === undefined ? '' : goodness(row).toFixed(2),
  ]);
  const all = [['work', 'measured', 'limit', 'share'], ...cells];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...all.map((line) => line[at]!.length)));
  const lines = all.map((line) => line.map((cell, at) => cell.padEnd(widths[at]!)).join('  '));
  return `${machine}: ${processor}, node ${node}\n${lines.map((line) => `${line.trimEnd()}\n`).join('')}`;
}

const BEGIN = '<!-- recorded -->\n';
const END = '<!-- end of recorded -->\n';
/** One for each call that a page makes: they are many, and say little that the page's row does not. */
const SINGLE_CALLS = /^api \//;

/** A page of docs/ with its tables, which stand between two marks, made anew. */
export function withTables(page: string, tables: readonly BenchTable[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${BEGIN.trim()} or ${END.trim()} is missing`);
  const made = tables.map(tableMarkdown).join('\n');
  return `${page.slice(0, begin)}${BEGIN}\n${made}\n${page.slice(end)}`;
}

function tableMarkdown({ processor, node, measuredAt, rows }: BenchTable): string {
  const lines = rows
    .filter(({ name }) => !SINGLE_CALLS.test(name))
    .map((row) => {
      const beside =
        row.limit === undefined ? ['', ''] : [figure(row.limit), goodness(row).toFixed(2)];
      const cells = [row.name, `${figure(row.value)} ${row.unit}`, ...beside, row.limitName ?? ''];
      return `| ${cells.join(' | ')} |\n`;
    });
  return [
    `${processor}, Node.js ${node.slice(1)}, ${measuredAt.slice(0, 10)}:\n\n`,
    '| work | measured | limit | share | the limit is |\n| --- | --- | --- | --- | --- |\n',
    ...lines,
  ].join('');
}

export function changesText(found: readonly Change[], recordedAt: string): string {
  if (found.length === 0) return `no row fell by more than a tenth since ${recordedAt}\n`;
  return found
    .map((change) =>
      change.kind === 'missing'
        ? `GONE  ${change.name}: recorded at ${recordedAt}, not measured now\n`
        : `FELL  ${change.name}: by ${Math.round((1 - change.now / change.before) * 100)} % since ${recordedAt}\n`,
    )
    .join('');
}

/** Three digits that count. */
function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
