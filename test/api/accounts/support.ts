/** A service with accounts, on the real engine, and people who have one. */

import { accountIdOf } from '../../../src/core/accounts/emailAddress.ts';
import { accountRow } from '../../../src/core/sql/accountRoles.ts';
import type { ClickHouseClient } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import type { SmtpServer } from '../../support/smtp.ts';
import { ask } from '../support.ts';

export const ACCOUNT_KEYS = {
  hashingKey: 'super_secure',
  signingKeys: ['signing-key-signing-key-signing-key-1'],
};
export const EXPLORER = 'https://explorer.ooni.org';

export const json = (body: unknown, bearer?: string) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: {
    'Content-Type': 'application/json',
    Origin: EXPLORER,
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
  },
});

export const as = (bearer: string | undefined) =>
  bearer === undefined ? {} : { headers: { Authorization: `Bearer ${bearer}` } };

/** The token of the last mail to an address. */
export function mailedToken(smtp: SmtpServer, address: string): string {
  const mail = smtp.mails.findLast(({ to }) => to.includes(address));
  return /\/login\?token=(\S+)/.exec(mail?.text ?? '')![1]!;
}

/** By mail, as people do it. */
export async function logIn(url: string, smtp: SmtpServer, address: string): Promise<string> {
  await ask(
    `${url}/api/v1/user_register`,
    json({ email_address: address, redirect_to: `${EXPLORER}/` }),
  );
  const answer = await ask(`${url}/api/v1/user_login?k=${mailedToken(smtp, address)}`);
  return (answer.json as { bearer: string }).bearer;
}

export async function giveRole(
  client: ClickHouseClient,
  address: string,
  role: string,
  nowMs: number,
): Promise<void> {
  const accountId = accountIdOf(address, ACCOUNT_KEYS.hashingKey);
  await client.insert({
    table: 'account_roles',
    values: [JSON.parse(accountRow({ accountId, role, sessionsSinceS: 0 }, nowMs))],
    format: 'JSONEachRow',
  });
}
