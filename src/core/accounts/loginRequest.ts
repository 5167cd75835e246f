/** The body of a request for a login mail (protocol, data 5.5). */
import { readObject } from '../validation/bodyReader.ts';
import type { Issue } from '../validation/issues.ts';
import type { Login } from './claims.ts';
import { parseEmailAddress } from './emailAddress.ts';
import { isRedirect } from './redirect.ts';

export type LoginRequestCheck =
  | { readonly kind: 'ok'; readonly login: Login }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

export function readLoginRequest(
  body: unknown,
  redirectHosts: readonly string[],
): LoginRequestCheck {
  const reader = readObject(body);
  const sentAddress = reader.text('email_address', { minLength: 5, maxLength: 255 });
  const redirectTo = reader.text('redirect_to');
  const emailAddress = parseEmailAddress(sentAddress);
  if (sentAddress !== '' && emailAddress === undefined)
    reader.refuse(
      'email_address',
      'value_error',
      'value is not a valid email address: expected one like name@example.org',
    );
  if (redirectTo !== '' && !isRedirect(redirectTo, redirectHosts))
    reader.refuse('redirect_to', 'value_error', 'Value error, Invalid request');
  const { issues } = reader;
  return issues.length > 0 || emailAddress === undefined
    ? { kind: 'invalid', issues }
    : { kind: 'ok', login: { emailAddress, redirectTo } };
}
