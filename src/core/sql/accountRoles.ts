/** Roles of accounts: the newest row of each counts. Who has none is a user, and ended sessions stay ended. */
import type { Query } from './query.ts';

export const ACCOUNT_ROLES = 'account_roles';

/** A name alone would be that of the column that is made here. */
const COLUMNS = `account_id, argMax(a.role, a.update_time) AS role,
  toUnixTimestamp(max(a.sessions_since)) AS sessions_since,
  formatDateTime(max(a.update_time), '%FT%T.%fZ', 'UTC') AS update_time`;

export function accountQuery(accountId: string): Query {
  return {
    sql: `SELECT ${COLUMNS}
FROM account_roles AS a
WHERE account_id = {account_id:String}
GROUP BY account_id`,
    values: { account_id: accountId },
  };
}

/** All accounts that have a row, admins first. */
export const ALL_ACCOUNTS: Query = {
  sql: `SELECT ${COLUMNS}
FROM account_roles AS a
GROUP BY account_id
ORDER BY role, account_id`,
  values: {},
};

/** A row to insert; of `nowMs` fractions count. */
export function accountRow(
  account: { readonly accountId: string; readonly role: string; readonly sessionsSinceS: number },
  nowMs: number,
): string {
  return JSON.stringify({
    account_id: account.accountId,
    role: account.role,
    sessions_since: account.sessionsSinceS,
    update_time: (nowMs / 1_000).toFixed(6),
  });
}
