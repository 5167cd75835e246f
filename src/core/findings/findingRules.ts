/** Who may do what to a finding (protocol, data 5.4); what comes of it is a value. */
import type { Session } from '../accounts/roles.ts';
import type { Finding, FindingText } from './finding.ts';

export interface Refusal {
  readonly status: 400 | 403 | 404;
  readonly detail: string;
}

export const NOT_FOUND: Refusal = { status: 404, detail: 'OONI Finding not found' };

/** What is not published is for admins and for whoever wrote it. */
export function isVisible(
  finding: { readonly published: boolean; readonly creatorAccountId: string },
  session: Session | undefined,
): boolean {
  return finding.published || session?.role === 'admin' || isOwn(finding, session);
}

export function isOwn(
  { creatorAccountId }: { readonly creatorAccountId: string },
  session: Session | undefined,
): boolean {
  return session !== undefined && creatorAccountId === session.accountId;
}

export function createRefusal(text: FindingText, session: Session): Refusal | undefined {
  if (text.emailAddress === session.emailAddress) return undefined;
  return { status: 400, detail: 'Invalid email address for creator account' };
}

/** What can be said before it is known whether the finding is there. */
export function updateRefusal(text: FindingText, session: Session): Refusal | undefined {
  if (session.role === 'admin') return undefined;
  if (text.emailAddress !== session.emailAddress)
    return {
      status: 403,
      detail:
        'You are not allowed to set the email address to something other than your email address',
    };
  if (text.published) return { status: 403, detail: 'You are not allowed to publish' };
  return undefined;
}

export function deleteRefusal(emailAddress: string, session: Session): Refusal | undefined {
  if (session.role === 'admin' || emailAddress === session.emailAddress) return undefined;
  return { status: 403, detail: 'You are not allowed to delete the incident' };
}

/** Of others' findings a user does not learn whether they are there. */
export function mayChange(finding: Finding, session: Session): boolean {
  return session.role === 'admin' || isOwn(finding, session);
}

export function updated(finding: Finding, text: FindingText, slug: string, nowS: number): Finding {
  const { id, creatorAccountId, createTimeS } = finding;
  return { ...text, slug, id, creatorAccountId, createTimeS, updateTimeS: nowS };
}
