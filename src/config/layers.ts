/** A configuration out of several files: which file said what, and what they say together. */

export type Table = { readonly [key: string]: unknown };

/** What one file says. */
export interface Layer {
  readonly file: string;
  readonly value: Table;
}

/**
 * What the layers say together. Tables are merged key by key; of anything else, a list too, what a
 * later layer says takes the place of what an earlier one said.
 */
export function mergeLayers(layers: readonly Layer[]): Table {
  return layers.reduce<Table>((merged, { value }) => merge(merged, value), {});
}

/** The last layer's file that says something at this path, if any does. */
export function originOf(
  layers: readonly Layer[],
  path: readonly PropertyKey[],
): string | undefined {
  return layers.findLast(({ value }) => at(value, path) !== undefined)?.file;
}

/** The value at a path, or undefined. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const step of path)
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, step)
        ? (found as Record<PropertyKey, unknown>)[step]
        : undefined;
  return found;
}

/** Of TOML's values: dates are objects too. */
export function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function merge(under: Table, over: Table): Table {
  const entries = new Map<string, unknown>(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const before = entries.get(key);
    entries.set(key, isTable(before) && isTable(value) ? merge(before, value) : value);
  }
  // Unlike an assignment, this makes a key "__proto__" one like any other: unknown to the schema.
  return Object.fromEntries(entries);
}
