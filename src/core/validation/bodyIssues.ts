/** Issues of a JSON body that is to be an object (protocol, probes 2.4). */
import { isObject, type JsonObject } from '../json/jsonValue.ts';
import type { ParseResult } from '../json/parseJson.ts';
import { jsonIssue } from './bodyReader.ts';
import { echo, type Issue } from './issues.ts';

export type ObjectBody =
  | { readonly kind: 'ok'; readonly object: JsonObject }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

export function objectBody(body: ParseResult): ObjectBody {
  if (body.kind === 'invalid') return { kind: 'invalid', issues: [jsonIssue(body.reason)] };
  if (isObject(body.value)) return { kind: 'ok', object: body.value };
  const issue = {
    type: 'model_attributes_type',
    loc: ['body'],
    msg: 'Input should be a valid dictionary or object to extract fields from',
    ...echo(body.value),
  };
  return { kind: 'invalid', issues: [issue] };
}

/** A member that is not what it should be, or is missing. */
export function memberIssue(loc: Issue['loc'], value: unknown, expected: 'string' | 'list'): Issue {
  if (value === undefined) return { type: 'missing', loc, msg: 'Field required' };
  const name = expected === 'string' ? 'string' : 'list';
  return { type: `${name}_type`, loc, msg: `Input should be a valid ${name}`, ...echo(value) };
}
