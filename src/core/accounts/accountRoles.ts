/** What a session is worth, given what is known of its account now. */
import type { AccountRow } from '../sql/accountRoles.ts';
import { isRole, type Role, type Session } from './roles.ts';

/** `row`: the account's, where it has one. A role that this version does not know gives no rights. */
export function currentRole(row: AccountRow | undefined): Role {
  return isRole(row?.role) ? row.role : 'user';
}

/** The session with the account's present role; undefined when it was ended on the host. */
export function currentSession(session: Session, row: AccountRow | undefined): Session | undefined {
  if (row !== undefined && session.loginTimeS < row.sessions_since) return undefined;
  return { ...session, role: currentRole(row) };
}
