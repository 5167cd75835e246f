/**
 * `ooni-api account`: roles of accounts, and the end of their sessions. On the host, since somebody must be
 * the first admin.
 */

import { readAccountSecrets } from '../../config/accountSecrets.ts';
import { apiSchema } from '../../config/api.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { type AccountRow, currentRole } from '../../core/accounts/accountRoles.ts';
import { accountIdOf, parseEmailAddress } from '../../core/accounts/emailAddress.ts';
import { ROLES, type Role } from '../../core/accounts/roles.ts';
import { ALL_ACCOUNTS, accountQuery } from '../../core/sql/accountRoles.ts';
import type { Query } from '../../core/sql/query.ts';
import { type AddCommand, FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { changeAccount } from '../accountChanges.ts';
import { makeRowWriter } from '../rowWriter.ts';

export type AccountAction =
  | { readonly kind: 'add-role'; readonly emailAddress: string; readonly role: Role }
  | { readonly kind: 'show'; readonly emailAddress: string }
  | { readonly kind: 'end-sessions'; readonly emailAddress: string }
  | { readonly kind: 'list' };

const ACTIONS = ['add-role', 'show', 'end-sessions', 'list'] as const;

export const addAccount: AddCommand = (cli, exit) =>
  cli.command(
    'account <action> [address] [role]',
    'roles of accounts, and the end of their sessions',
    (command) =>
      command
        .positional('action', { choices: ACTIONS, demandOption: true })
        .positional('address', { type: 'string', describe: 'address of mail' })
        .positional('role', { choices: ROLES, describe: 'with add-role' })
        .check(({ action, address, role }) => {
          if ((action === 'list') !== (address === undefined))
            throw new FatalError(
              action === 'list' ? 'account list takes no address' : `account ${action} ADDRESS`,
              EXIT.usage,
            );
          if ((action === 'add-role') !== (role !== undefined))
            throw new FatalError(
              action === 'add-role'
                ? 'account add-role ADDRESS user|admin'
                : `account ${action} takes no role`,
              EXIT.usage,
            );
          return true;
        }),
    async ({ config, action, address, role }) =>
      exit(
        await runAccount(
          config,
          action === 'list'
            ? { kind: 'list' }
            : action === 'add-role'
              ? { kind: action, emailAddress: address!, role: role! }
              : { kind: action, emailAddress: address! },
        ),
      ),
  );

/** Throws ConfigError where there are no keys, FatalError for what is no address and without ClickHouse. */
export async function runAccount(
  configFile: string,
  action: AccountAction,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const config = loadConfig(configFile, apiSchema);
  const { accountKeys } = readAccountSecrets(config, configFile);
  if (accountKeys === undefined)
    throw new ConfigError(
      configFile,
      'accounts.keys_file',
      'expected the keys of accounts, found none: set it, or run this as `ooni-exec ooni-api account …`',
    );
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api');
  const ask = async (query: Query): Promise<AccountRow[]> => {
    const result = await client.query({
      query: query.sql,
      query_params: query.values,
      format: 'JSONEachRow',
    });
    return await result.json<AccountRow>();
  };
  try {
    if (action.kind === 'list') {
      for (const row of await ask(ALL_ACCOUNTS)) write(accountLine(row));
      return EXIT.ok;
    }
    const emailAddress = parseEmailAddress(action.emailAddress);
    if (emailAddress === undefined)
      throw new FatalError('expected an address of mail, like name@example.org', EXIT.usage);
    const accountId = accountIdOf(emailAddress, accountKeys.hashingKey);
    const read = async () => (await ask(accountQuery(accountId)))[0];
    const writer = makeRowWriter(client, config.clickhouse.request_timeout_ms);
    const row =
      action.kind === 'show'
        ? await read()
        : await changeAccount({ read, writer, nowMs: Date.now }, accountId, (before) => ({
            role: action.kind === 'add-role' ? action.role : currentRole(before),
            sessionsSinceS:
              action.kind === 'end-sessions'
                ? // Whoever logs in within this second does it again.
                  Math.max(Math.floor(Date.now() / 1_000) + 1, before?.sessions_since ?? 0)
                : (before?.sessions_since ?? 0),
          }));
    write(row === undefined ? `${accountId} user (no other role was given)\n` : accountLine(row));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(`${config.clickhouse.url}: cannot read or write roles`, EXIT.unavailable, {
      cause: error,
    });
  } finally {
    await client.close();
  }
}

function accountLine({ account_id, role, sessions_since, update_time }: AccountRow): string {
  const since =
    sessions_since === 0 ? '' : ` sessions_since=${new Date(sessions_since * 1_000).toISOString()}`;
  return `${account_id} ${role} changed=${update_time}${since}\n`;
}
