/**
 * Query parameters by type (protocol, data 3.1). Every fault becomes an issue for a 422 and is
 * not thrown, so that a client sees all of them at once.
 */

import { parseLooseAsn } from '../measurement/asNumber.ts';
import { parseDatetime } from '../time/datetime.ts';
import { echo, type Issue } from '../validation/issues.ts';

export interface TextLimits {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression that the whole text must fit. */
  readonly pattern?: string;
}

export interface ParameterReader {
  readonly issues: readonly Issue[];
  /** Absent and empty are the same everywhere; of a repeated parameter the last one counts. */
  text(name: string, limits?: TextLimits): string | undefined;
  /** Comma-separated: items trimmed, empty ones dropped, each once, sorted. Undefined when none is left. */
  list(name: string, limits?: TextLimits): string[] | undefined;
  /** The same of all values of a parameter that is given several times, in their order. */
  everyItem(name: string): string[] | undefined;
  /** A list of AS numbers, with or without `AS`. */
  asnList(name: string): number[] | undefined;
  /** The same of all values of a parameter that is given several times. */
  everyAsn(name: string): number[] | undefined;
  bool(name: string): boolean | undefined;
  integer(
    name: string,
    limits: { readonly min: number; readonly max?: number },
  ): number | undefined;
  /** Digits that fit 64 bits without sign, as text. */
  uint64(name: string): string | undefined;
  /** A list of these. */
  uint64List(name: string): string[] | undefined;
  /** Milliseconds since 1970. */
  datetime(name: string): number | undefined;
  choice(name: string, choices: readonly string[]): string | undefined;
  /** Every item of all values, each one of the choices. */
  everyChoice(name: string, choices: readonly string[]): string[] | undefined;
}

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y']);
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n']);

export function readParameters(query: URLSearchParams): ParameterReader {
  const issues: Issue[] = [];
  const last = (name: string) => query.getAll(name).at(-1) || undefined;
  const refuse = (
    name: string,
    input: string,
    type: string,
    msg: string,
    ctx?: Readonly<Record<string, unknown>>,
  ): undefined => {
    issues.push({
      type,
      loc: ['query', name],
      msg,
      ...echo(input),
      ...(ctx === undefined ? {} : { ctx }),
    });
  };

  const text: ParameterReader['text'] = (
    name,
    { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = {},
  ) => {
    const value = last(name);
    if (value === undefined) return undefined;
    if (pattern !== undefined && !new RegExp(pattern).test(value))
      return refuse(
        name,
        value,
        'string_pattern_mismatch',
        `String should match pattern '${pattern}'`,
        { pattern },
      );
    if (value.length > maxLength)
      return refuse(
        name,
        value,
        'string_too_long',
        `String should have at most ${maxLength} characters`,
        { max_length: maxLength },
      );
    if (value.length >= minLength) return value;
    return refuse(
      name,
      value,
      'string_too_short',
      `String should have at least ${minLength} characters`,
      { min_length: minLength },
    );
  };
  const list: ParameterReader['list'] = (name, limits) => {
    const items = text(name, limits)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items === undefined || items.length === 0 ? undefined : [...new Set(items)].sort();
  };

  const chosen = (name: string, value: string, choices: readonly string[]): string | undefined => {
    if (choices.includes(value)) return value;
    const expected = choices.map((choice) => `'${choice}'`).join(' or ');
    return refuse(name, value, 'literal_error', `Input should be ${expected}`, { expected });
  };
  const asns = (name: string, items: string[] | undefined): number[] | undefined => {
    const numbers = items?.map((item) => {
      const asn = parseLooseAsn(item);
      if (asn === undefined)
        refuse(name, item, 'value_error', `Value error, Invalid ASN value: ${item.slice(0, 40)}`);
      return asn ?? 0;
    });
    return numbers && [...new Set(numbers)].sort((a, b) => a - b);
  };
  const uint64 = (name: string, value: string): string | undefined => {
    if (/^\d{1,20}$/.test(value) && BigInt(value) < 2n ** 64n) return value;
    return refuse(
      name,
      value,
      'int_parsing',
      'Input should be a valid integer, unable to parse string as an integer',
    );
  };

  return {
    issues,
    text,
    list,

    everyItem(name) {
      const items = query
        .getAll(name)
        .flatMap((value) => value.split(','))
        .map((item) => item.trim())
        .filter((item) => item !== '');
      return items.length === 0 ? undefined : [...new Set(items)];
    },

    asnList: (name) => asns(name, list(name)),
    everyAsn(name) {
      return asns(name, this.everyItem(name));
    },

    bool(name) {
      const value = last(name);
      if (value === undefined) return undefined;
      const lower = value.toLowerCase();
      if (TRUE.has(lower)) return true;
      if (FALSE.has(lower)) return false;
      return refuse(
        name,
        value,
        'bool_parsing',
        'Input should be a valid boolean, unable to interpret input',
      );
    },

    integer(name, { min, max = Number.MAX_SAFE_INTEGER }) {
      const value = last(name);
      if (value === undefined) return undefined;
      const match = /^\s*([+-]?\d{1,18})(?:\.0+)?\s*$/.exec(value);
      if (match === null)
        return refuse(
          name,
          value,
          'int_parsing',
          'Input should be a valid integer, unable to parse string as an integer',
        );
      const number = Number(match[1]);
      if (number < min)
        return refuse(
          name,
          value,
          'greater_than_equal',
          `Input should be greater than or equal to ${min}`,
          { ge: min },
        );
      if (number > max)
        return refuse(
          name,
          value,
          'less_than_equal',
          `Input should be less than or equal to ${max}`,
          { le: max },
        );
      return number;
    },

    uint64(name) {
      const value = last(name)?.trim();
      return value === undefined ? undefined : uint64(name, value);
    },

    uint64List(name) {
      const items = list(name);
      const good = items?.filter((item) => uint64(name, item) !== undefined);
      return good?.length === items?.length ? good : undefined;
    },

    datetime(name) {
      const value = last(name);
      if (value === undefined) return undefined;
      return (
        parseDatetime(value.trim()) ??
        refuse(
          name,
          value,
          'datetime_from_date_parsing',
          'Input should be a valid datetime or date, like 2026-07-11 or 2026-07-11T17:44:07Z',
        )
      );
    },

    choice(name, choices) {
      const value = last(name);
      return value === undefined ? undefined : chosen(name, value, choices);
    },

    everyChoice(name, choices) {
      const items = this.everyItem(name);
      const good = items?.filter((item) => chosen(name, item, choices) !== undefined);
      return good?.length === items?.length ? good : undefined;
    },
  };
}
