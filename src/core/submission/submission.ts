/** The request body of submit_measurement (protocol, probes 3.4.3). */

import type { CredentialFields } from '../credentials/verification.ts';
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import type { ParseResult } from '../json/parseJson.ts';
import { echo, type Issue } from '../validation/issues.ts';

export interface Submission extends CredentialFields {
  /** The measurement as the probe serialised it: a JSON text. */
  readonly content: string;
}

export type SubmissionCheck =
  | { readonly kind: 'ok'; readonly submission: Submission }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

/** All that is looked at beside the content. */
export const SUBMISSION_MEMBERS = [
  'format',
  'nym',
  'zkp_request',
  'manifest_version',
  'protocol_version',
];

/** Checks the parsed body: which fields are there and of which type. */
export function checkSubmission(body: ParseResult): SubmissionCheck {
  if (body.kind === 'invalid') {
    const error = body.reason;
    const position = Number(/at position (\d+)/.exec(error)?.[1] ?? 0);
    const issue = { type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error' };
    return { kind: 'invalid', issues: [{ ...issue, ctx: { error } }] };
  }
  if (!isObject(body.value))
    return {
      kind: 'invalid',
      issues: [
        {
          type: 'model_attributes_type',
          loc: ['body'],
          msg: 'Input should be a valid dictionary or object to extract fields from',
          ...echo(body.value),
        },
      ],
    };
  const issues: Issue[] = [];
  const object = body.value;
  requiredText(object, 'format', issues);
  const submission = {
    content: requiredText(object, 'content', issues),
    nym: optionalText(object, 'nym', issues),
    zkpRequest: optionalText(object, 'zkp_request', issues),
    manifestVersion: optionalText(object, 'manifest_version', issues),
    protocolVersion: optionalText(object, 'protocol_version', issues),
  };
  return issues.length > 0 ? { kind: 'invalid', issues } : { kind: 'ok', submission };
}

function requiredText(object: JsonObject, name: string, issues: Issue[]): string {
  const value = member(object, name);
  if (typeof value === 'string') return value;
  issues.push(
    value === undefined
      ? { type: 'missing', loc: ['body', name], msg: 'Field required' }
      : notText(name, value),
  );
  return '';
}

function optionalText(object: JsonObject, name: string, issues: Issue[]): string | null {
  const value = member(object, name) ?? null;
  if (value === null || typeof value === 'string') return value;
  issues.push(notText(name, value));
  return null;
}

function notText(name: string, value: unknown): Issue {
  return {
    type: 'string_type',
    loc: ['body', name],
    msg: 'Input should be a valid string',
    ...echo(value),
  };
}
