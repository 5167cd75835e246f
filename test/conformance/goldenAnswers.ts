/** Compares an answer with a golden one, as the case says that it may be compared. */

export interface Comparison {
  /** Dotted paths that are left out; `*` is each item. */
  readonly ignore?: readonly string[];
  /** Lists whose order is free. */
  readonly unordered?: readonly string[];
  /** More members than expected are fine. */
  readonly subset?: boolean;
  /** Relative tolerance of numbers. */
  readonly float?: number;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Mutable = { [name: string]: unknown };

/** One line for each difference, with its path. */
export function answerDifferences(want: unknown, got: unknown, comparison: Comparison): string[] {
  const prepared = [want, got].map((value) => prepare(structuredClone(value), comparison));
  return [...differ(prepared[0] as Json, prepared[1] as Json, comparison, '$')];
}

function prepare(value: unknown, { ignore = [], unordered = [] }: Comparison): unknown {
  for (const path of ignore)
    for (const [holder, name] of places(value, path.split('.'))) delete holder[name];
  for (const path of unordered)
    for (const [holder, name] of places(value, path.split('.'))) {
      const list = holder[name];
      if (Array.isArray(list)) list.sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1));
    }
  return value;
}

/** The objects that hold what a path names, with its name in them. */
function places(value: unknown, path: readonly string[]): [Mutable, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const [first, ...rest] = path;
  const holder = value as Mutable;
  const names = first === '*' ? Object.keys(holder) : [first!];
  return rest.length === 0
    ? names.map((name) => [holder, name])
    : names.flatMap((name) => places(holder[name], rest));
}

/** The same text for the same value, whatever the order of members. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function* differ(want: Json, got: Json, comparison: Comparison, path: string): Generator<string> {
  if (typeof want === 'number' && typeof got === 'number') {
    const tolerance = (comparison.float ?? 1e-9) * Math.max(1, Math.abs(want));
    if (Math.abs(want - got) > tolerance) yield `${path}: expected ${want}, found ${got}`;
  } else if (Array.isArray(want) && Array.isArray(got)) {
    if (want.length !== got.length)
      yield `${path}: expected ${want.length} items, found ${got.length}`;
    else
      for (const [index, item] of want.entries())
        yield* differ(item, got[index], comparison, `${path}[${index}]`);
  } else if (isRecord(want) && isRecord(got)) {
    for (const name of new Set([...Object.keys(want), ...Object.keys(got)])) {
      if (!(name in got)) yield `${path}.${name}: missing`;
      else if (name in want) yield* differ(want[name]!, got[name]!, comparison, `${path}.${name}`);
      else if (comparison.subset !== true) yield `${path}.${name}: not expected`;
    }
  } else if (want !== got) {
    yield `${path}: expected ${JSON.stringify(want)}, found ${JSON.stringify(got)}`;
  }
}

function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
