/** The body of sign_credential (protocol, probes 3.4.2). */
import { member } from '../json/jsonValue.ts';
import type { ParseResult } from '../json/parseJson.ts';
import { memberIssue, objectBody } from '../validation/bodyIssues.ts';
import type { Issue } from '../validation/issues.ts';

export type SignRequest =
  | { readonly kind: 'ok'; readonly manifestVersion: string; readonly request: string }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

export function signRequest(body: ParseResult): SignRequest {
  const checked = objectBody(body);
  if (checked.kind === 'invalid') return checked;
  const { object } = checked;
  const manifestVersion = member(object, 'manifest_version');
  const request = member(object, 'credential_sign_request');
  if (typeof manifestVersion === 'string' && typeof request === 'string')
    return { kind: 'ok', manifestVersion, request };
  const issues = ['manifest_version', 'credential_sign_request']
    .filter((name) => typeof member(object, name) !== 'string')
    .map((name) => {
      const { input: _private, ...issue } = memberIssue(
        ['body', name],
        member(object, name),
        'string',
      );
      return issue;
    });
  return { kind: 'invalid', issues };
}
