/** Values that JSON made: what they are, and members of objects that nobody has checked yet. */

export type JsonObject = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own members only: `constructor` and its like are names that a measurement may use. */
export function has(object: JsonObject, name: string): boolean {
  return Object.hasOwn(object, name);
}

/** The object's own member (never one inherited from the prototype). */
export function member(object: JsonObject, name: string): unknown {
  return has(object, name) ? object[name] : undefined;
}

/** What a value is, for reasons and logs; never its content, which may be private or huge. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'boolean':
      return `${value}`;
    case 'number':
      return 'a number';
    case 'string':
      return 'text';
    default:
      return 'an object';
  }
}
