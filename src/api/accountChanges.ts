/**
 * Changes of an account's row, by admins and on the host, maybe at the same time: a role that somebody gives
 * must not bring back sessions that somebody else has just ended.
 */
import type { AccountRow } from '../core/accounts/accountRoles.ts';
import { ACCOUNT_ROLES, accountRow } from '../core/sql/accountRoles.ts';
import type { RowWriter } from './rowWriter.ts';

export interface AccountChange {
  readonly role: string;
  /** Sessions that began before are over; seconds since 1970. */
  readonly sessionsSinceS: number;
}

/** Each try meets somebody who ends the sessions at that very moment. */
const MAX_TRIES = 4;

/** What stands then. Throws QueryError, and whatever `read` throws. */
export async function changeAccount(
  parts: {
    readonly read: () => Promise<AccountRow | undefined>;
    readonly writer: Pick<RowWriter, 'insert'>;
    readonly nowMs: () => number;
  },
  accountId: string,
  change: (before: AccountRow | undefined) => AccountChange,
): Promise<AccountRow | undefined> {
  let before = await parts.read();
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { role, sessionsSinceS } = change(before);
    const beforeMs = before === undefined ? 0 : Date.parse(before.update_time);
    // Later than what it replaces, were that written by a host whose clock is ahead; and no two of the same instant.
    const atMs = Math.max(parts.nowMs(), beforeMs + 1) + Math.random();
    await parts.writer.insert(ACCOUNT_ROLES, accountRow({ accountId, role, sessionsSinceS }, atMs));
    const after = await parts.read();
    if (after === undefined || after.sessions_since <= sessionsSinceS) return after;
    before = after;
  }
  return before;
}
