/**
 * Members of a JSON body by type. Every fault becomes an issue for a 422 and is not thrown, so that a
 * client sees all of them at once. As for query parameters, see core/endpoints/parameterReader.ts.
 */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { parseDatetime } from '../time/datetime.ts';
import { echo, type Issue } from './issues.ts';

export interface TextLimits {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface BodyReader {
  readonly issues: Issue[];
  /** For rules of the caller's own. */
  refuse(name: string, type: string, msg: string, ctx?: Readonly<Record<string, unknown>>): void;
  /** Required. After a fault the value is `''`. */
  text(name: string, limits?: TextLimits): string;
  /** Null and absent are the same. */
  optionalText(name: string, limits?: TextLimits): string | null;
  /** Absent or null: undefined. */
  optionalBool(name: string): boolean | undefined;
  texts(name: string, limits: ListLimits): string[] | undefined;
  integers(name: string, limits: ListLimits & { readonly max: number }): number[] | undefined;
  objects(name: string, limits: ListLimits): JsonObject[] | undefined;
  object(name: string): JsonObject | undefined;
  /** Milliseconds since 1970; UTC where it says nothing else. */
  datetime(name: string): number | undefined;
  choice(name: string, choices: readonly string[]): string;
  has(name: string): boolean;
}

export interface ListLimits {
  readonly maxItems: number;
  readonly maxLength?: number;
}

/** `at`: where the object stands. What is none has no members, and an issue says so. */
export function readObject(
  value: unknown,
  issues: Issue[] = [],
  at: readonly (string | number)[] = ['body'],
): BodyReader {
  const object: JsonObject = isObject(value) ? value : {};
  const push = (
    loc: readonly (string | number)[],
    input: unknown,
    type: string,
    msg: string,
    ctx?: Readonly<Record<string, unknown>>,
  ): undefined => {
    issues.push({ type, loc, msg, ...echo(input), ...(ctx === undefined ? {} : { ctx }) });
  };
  if (!isObject(value))
    push(
      at,
      value,
      'model_attributes_type',
      'Input should be a valid dictionary or object to extract fields from',
    );

  const given = (name: string) => member(object, name) ?? undefined;
  const missing = (name: string) => {
    // One fault is enough for what is no object.
    if (isObject(value)) push([...at, name], undefined, 'missing', 'Field required');
  };

  const checkText = (
    loc: readonly (string | number)[],
    text: unknown,
    { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: TextLimits,
  ): string | undefined => {
    if (typeof text !== 'string')
      return push(loc, text, 'string_type', 'Input should be a valid string');
    if (text.length < minLength)
      return push(
        loc,
        text,
        'string_too_short',
        `String should have at least ${minLength} character${minLength === 1 ? '' : 's'}`,
        { min_length: minLength },
      );
    if (text.length > maxLength)
      return push(
        loc,
        text,
        'string_too_long',
        `String should have at most ${maxLength} characters`,
        { max_length: maxLength },
      );
    if (pattern !== undefined && !new RegExp(pattern).test(text))
      return push(
        loc,
        text,
        'string_pattern_mismatch',
        `String should match pattern '${pattern}'`,
        {
          pattern,
        },
      );
    return text;
  };

  const items = <Item>(
    name: string,
    { maxItems }: ListLimits,
    check: (loc: readonly (string | number)[], item: unknown) => Item | undefined,
  ): Item[] | undefined => {
    const list = given(name);
    if (list === undefined) return undefined;
    if (!Array.isArray(list))
      return push([...at, name], list, 'list_type', 'Input should be a valid list');
    if (list.length > maxItems)
      return push(
        [...at, name],
        undefined,
        'too_long',
        `List should have at most ${maxItems} items after validation, not ${list.length}`,
        { field_type: 'List', max_length: maxItems, actual_length: list.length },
      );
    const checked: Item[] = [];
    for (const [index, item] of list.entries()) {
      const good = check([...at, name, index], item);
      if (good !== undefined) checked.push(good);
    }
    return checked;
  };

  return {
    issues,
    refuse(name, type, msg, ctx) {
      push([...at, name], undefined, type, msg, ctx);
    },
    has: (name) => given(name) !== undefined,
    text(name, limits = {}) {
      const text = member(object, name);
      if (text === undefined) {
        missing(name);
        return '';
      }
      return checkText([...at, name], text, limits) ?? '';
    },
    optionalText(name, limits = {}) {
      const text = given(name);
      return text === undefined ? null : (checkText([...at, name], text, limits) ?? null);
    },
    optionalBool(name) {
      const bool = given(name);
      if (bool === undefined || typeof bool === 'boolean') return bool;
      return push([...at, name], bool, 'bool_type', 'Input should be a valid boolean');
    },
    texts: (name, limits) =>
      items(name, limits, (loc, item) =>
        checkText(loc, item, limits.maxLength === undefined ? {} : { maxLength: limits.maxLength }),
      ),
    integers: (name, limits) =>
      items(name, limits, (loc, item) => {
        const number = typeof item === 'string' && /^\d{1,10}$/.test(item) ? Number(item) : item;
        if (typeof number === 'number' && Number.isInteger(number))
          if (number >= 0 && number <= limits.max) return number;
        return push(
          loc,
          item,
          'int_type',
          `Input should be a valid integer from 0 to ${limits.max}`,
        );
      }),
    objects: (name, limits) =>
      items(name, limits, (loc, item) =>
        isObject(item) ? item : push(loc, item, 'dict_type', 'Input should be a valid dictionary'),
      ),
    object(name) {
      const inner = given(name);
      if (inner === undefined || isObject(inner)) return inner;
      return push([...at, name], inner, 'dict_type', 'Input should be a valid dictionary');
    },
    datetime(name) {
      const text = given(name);
      if (text === undefined) return undefined;
      return (
        (typeof text === 'string' ? parseDatetime(text.trim()) : undefined) ??
        push(
          [...at, name],
          text,
          'datetime_from_date_parsing',
          'Input should be a valid datetime or date, like 2026-07-11 or 2026-07-11T17:44:07Z',
        )
      );
    },
    choice(name, choices) {
      const text = member(object, name);
      if (text === undefined) missing(name);
      else if (choices.some((choice) => choice === text)) return text as string;
      else {
        const expected = choices.map((choice) => `'${choice}'`).join(' or ');
        push([...at, name], text, 'literal_error', `Input should be ${expected}`, { expected });
      }
      return '';
    },
  };
}

/** What parsing says of a body that is no JSON. */
export function jsonIssue(reason: string): Issue {
  const position = Number(/at position (\d+)/.exec(reason)?.[1] ?? 0);
  return {
    type: 'json_invalid',
    loc: ['body', position],
    msg: 'JSON decode error',
    ctx: { error: reason },
  };
}
