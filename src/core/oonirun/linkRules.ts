/** Who may make and edit links (protocol, data 6.1). */
import type { Session } from '../accounts/roles.ts';
import type { Link, LinkText } from './link.ts';

export interface LinkRefusal {
  readonly status: 400 | 403 | 404 | 409;
  readonly detail: string;
}

export const LINK_NOT_FOUND: LinkRefusal = { status: 404, detail: 'OONI Run link not found' };

/** Links that one account may have; an admin any number. */
export const MAX_LINKS_OF_ACCOUNT = 200;

/** Each is kept. */
const MAX_EDITS_OF_LINK = 500;

export function createRefusal(
  text: LinkText,
  session: Session,
  links: number,
): LinkRefusal | undefined {
  if (text.author !== session.emailAddress)
    return {
      status: 400,
      detail: 'email_address must match the email address of the user who created the oonirun link',
    };
  if (session.role !== 'admin' && links >= MAX_LINKS_OF_ACCOUNT)
    return { status: 400, detail: `An account can have ${MAX_LINKS_OF_ACCOUNT} OONI Run links` };
  return undefined;
}

/** Before it is known whether the link is there. */
export function editRefusal(text: LinkText, session: Session): LinkRefusal | undefined {
  if (session.role === 'admin' || text.author === session.emailAddress) return undefined;
  return {
    status: 403,
    detail:
      'You are not allowed to set the email_address to something other than your email address',
  };
}

export function linkRefusal(
  link: Link | undefined,
  session: Session,
  nowS: number,
  edits: number,
): LinkRefusal | undefined {
  const isOwn = link?.creatorAccountId === session.accountId;
  if (link === undefined || (session.role !== 'admin' && !isOwn)) return LINK_NOT_FOUND;
  if (link.expirationS <= nowS)
    return { status: 403, detail: 'OONI Run link has expired and cannot be edited' };
  if (session.role !== 'admin' && edits >= MAX_EDITS_OF_LINK)
    return { status: 403, detail: `A link can be edited ${MAX_EDITS_OF_LINK} times` };
  return undefined;
}
