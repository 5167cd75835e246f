/** A change of one rule: what a request asks for, and whether it can be made (protocol, probes 3.17). */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { echo, type Issue } from '../validation/issues.ts';
import type { Rule } from './rules.ts';

/** At least one of them. Only `next`: it is created; only `old`: it is deleted; both: it is replaced. */
export interface RuleChange {
  readonly old: Rule | undefined;
  readonly next: Rule | undefined;
}

export type ChangeRead =
  | { readonly kind: 'ok'; readonly change: RuleChange }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'refused'; readonly refusal: ChangeRefusal };

export interface ChangeRefusal {
  readonly err_str: 'err_no_proposed_changes' | 'err_duplicate_rule' | 'err_rule_not_found';
  readonly description: string;
  readonly err_args: Rule | null;
}

const KEY = ['category_code', 'cc', 'domain', 'url'] as const;
const MAX_TEXT_CHARS = 2_000;
const MAX_PRIORITY = 1_000_000;

export function readRuleChange(body: unknown): ChangeRead {
  if (!isObject(body))
    return invalid([issue(['body'], 'model_attributes_type', 'Input should be an object', body)]);
  const issues: Issue[] = [];
  const old = readEntry(body, 'old_entry', issues);
  const next = readEntry(body, 'new_entry', issues);
  if (issues.length > 0) return invalid(issues);
  if (old !== undefined || next !== undefined) return { kind: 'ok', change: { old, next } };
  return refused('err_no_proposed_changes', 'Neither old_entry nor new_entry was given');
}

/** Undefined when these live rules allow the change. */
export function refusalOf(
  { old, next }: RuleChange,
  live: readonly Rule[],
): ChangeRefusal | undefined {
  if (next === undefined) return undefined;
  if (
    old !== undefined &&
    !live.some((rule) => isSame(rule, old) && rule.priority === old.priority)
  )
    return refused('err_rule_not_found', 'old_entry is not among the rules: they have changed')
      .refusal;
  const taken = live.some(
    (rule) => isSame(rule, next) && (old === undefined || !isSame(rule, old)),
  );
  return taken
    ? refused('err_duplicate_rule', 'There is a rule for the same entries already', next).refusal
    : undefined;
}

/** With `*` for what may be anything, as answers have it. */
export function withWildcards(rule: Rule): Rule {
  const { category_code, cc, domain, url, priority } = rule;
  const text = (value: string) => (value === '' ? '*' : value);
  return {
    category_code: text(category_code),
    cc: text(cc),
    domain: text(domain),
    url: text(url),
    priority,
  };
}

/** For the same entries, whatever the priority. */
function isSame(a: Rule, b: Rule): boolean {
  const [left, right] = [withWildcards(a), withWildcards(b)];
  return KEY.every((key) => left[key] === right[key]);
}

function readEntry(body: JsonObject, name: string, issues: Issue[]): Rule | undefined {
  const entry = member(body, name) ?? undefined;
  if (entry === undefined) return undefined;
  const loc = ['body', name];
  if (!isObject(entry)) {
    issues.push(issue(loc, 'model_attributes_type', 'Input should be an object', entry));
    return undefined;
  }
  const text = (key: string): string => {
    const value = member(entry, key) ?? '';
    if (typeof value === 'string' && value.length <= MAX_TEXT_CHARS) return value;
    const msg = `Input should be a text of at most ${MAX_TEXT_CHARS} characters`;
    issues.push(issue([...loc, key], 'string_type', msg, value));
    return '';
  };
  const [category_code, cc, domain, url] = KEY.map(text) as [string, string, string, string];
  const priority = readPriority(member(entry, 'priority'));
  if (priority === undefined) {
    const msg = `Input should be a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`;
    issues.push(issue([...loc, 'priority'], 'int_type', msg, member(entry, 'priority')));
    return undefined;
  }
  return withWildcards({ category_code, cc, domain, url, priority });
}

/** Forms send digits as text. */
function readPriority(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\s*[+-]?\d{1,7}\s*$/.test(text)) return undefined;
  const number = Number(text);
  return Math.abs(number) <= MAX_PRIORITY ? number : undefined;
}

const invalid = (issues: readonly Issue[]): ChangeRead => ({ kind: 'invalid', issues });

function refused(
  err_str: ChangeRefusal['err_str'],
  description: string,
  err_args: Rule | null = null,
) {
  return { kind: 'refused', refusal: { err_str, description, err_args } } as const;
}

function issue(loc: readonly string[], type: string, msg: string, input: unknown): Issue {
  return { type, loc, msg, ...echo(input) };
}
