/**
 * How the reference reads JSON values of any shape.
 *
 * Published scores were computed by a program whose idea of truth, equality and containment differs
 * from JavaScript's: `0` equals `false`, an empty list is false, `in` works on text, lists and
 * objects. Rules that depend on it are spelled out here once, so that each nettest reads as its
 * section of docs/protocol/scoring.md.
 */

import { describe, has, isObject, type JsonObject } from '../json/jsonValue.ts';

export { describe, has, isObject, type JsonObject };

/**
 * A member has a shape that its rule cannot score. The rules (protocol, scoring 2) want
 * such a measurement in quarantine with a reason naming the field; `scoreValue` turns this into that
 * outcome, so that a rule can be written as if its input were well formed.
 */
export class MalformedField extends Error {
  constructor(field: string, expected: string, found: unknown) {
    super(`${field}: expected ${expected}, found ${describe(found)}`);
    this.name = 'MalformedField';
  }
}

/** False for null, missing, false, 0, "", [] and {}. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Null and missing are the same thing in most rules. */
export function absent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

export function asObject(value: unknown, field: string): JsonObject {
  if (!isObject(value)) throw new MalformedField(field, 'an object', value);
  return value;
}

/** The member as an object; null and missing are an empty one. */
export function objectOrEmpty(value: unknown, field: string): JsonObject {
  return absent(value) ? {} : asObject(value, field);
}

/**
 * What a loop over the value would visit. Empty text and empty objects are lists of nothing, which
 * is how some probes write "none"; anything else that is not a list cannot be scored.
 */
export function listOrEmpty(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (absent(value) || value === '' || (isObject(value) && !truthy(value))) return [];
  throw new MalformedField(field, 'a list', value);
}

/** The items of a list, the characters of a text, the names of an object. No list is made of a text, which may be long. */
export function items(value: unknown, field: string): Iterable<unknown> {
  if (Array.isArray(value) || typeof value === 'string') return value;
  if (isObject(value)) return Object.keys(value);
  throw new MalformedField(field, 'a list', value);
}

/** `needle in haystack`: part of a text, an item of a list, a name in an object. */
export function contains(haystack: unknown, needle: string, field: string): boolean {
  if (typeof haystack === 'string') return haystack.includes(needle);
  if (Array.isArray(haystack)) return haystack.includes(needle);
  if (isObject(haystack)) return has(haystack, needle);
  throw new MalformedField(field, 'text or a list', haystack);
}

/** Equality by value, in which true is 1 and false is 0. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a === 'boolean') return equal(Number(a), b);
  if (typeof b === 'boolean') return equal(a, Number(b));
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  }
  if (isObject(a)) {
    if (!isObject(b)) return false;
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => has(b, name) && equal(a[name], b[name]))
    );
  }
  return a === b;
}

/** Levels of lists and objects in a value that is stored again: what the reference could read. */
const MAX_STORED_DEPTH_LEVELS = 1000;

/**
 * A value of the measurement that goes into the row as it is. Missing becomes null. The bound keeps
 * what is stored within what every JSON reader of the table can parse.
 */
export function stored(value: unknown, field: string): unknown {
  if (!withinDepth(value, MAX_STORED_DEPTH_LEVELS)) {
    throw new MalformedField(field, `at most ${MAX_STORED_DEPTH_LEVELS} levels`, value);
  }
  return value ?? null;
}

function withinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  const within = (item: unknown) => withinDepth(item, levels - 1);
  return Array.isArray(value) ? value.every(within) : Object.values(value).every(within);
}
