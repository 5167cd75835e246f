/** What a session is worth, given what is known of its account now. */
import { isRole, type Role, type Session } from './roles.ts';

/** The newest row of an account. */
export interface AccountRow {
  readonly account_id: string;
  readonly role: string;
  /** Sessions that began before are over; seconds since 1970. */
  readonly sessions_since: number;
  /** `2026-07-11T10:00:00.000000Z`. */
  readonly update_time: string;
}

/** `row`: the account's, where it has one. A role that this version does not know gives no rights. */
export function currentRole(row: AccountRow | undefined): Role {
  return isRole(row?.role) ? row.role : 'user';
}

/** The session with the account's present role; undefined when it was ended on the host. */
export function currentSession(session: Session, row: AccountRow | undefined): Session | undefined {
  if (row !== undefined && session.loginTimeS < row.sessions_since) return undefined;
  return { ...session, role: currentRole(row) };
}
