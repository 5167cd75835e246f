/** What an account may do. Everyone who can log in is a user; admins are made on the host. */

export const ROLES = ['user', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks: what a session token says, with the role that the account has now. */
export interface Session {
  readonly accountId: string;
  readonly emailAddress: string;
  readonly role: Role;
  /** Seconds since 1970. */
  readonly loginTimeS: number;
}

/** Why this session may not; undefined: it may. */
export function roleRefusal(
  session: Session | undefined,
  roles: readonly Role[],
): 'Authentication required' | 'Role not authorized' | undefined {
  if (session === undefined) return 'Authentication required';
  return roles.includes(session.role) ? undefined : 'Role not authorized';
}

export function isRole(text: unknown): text is Role {
  return ROLES.some((role) => role === text);
}
