/** The secrets of accounts and mail, from their credentials or files. */
import { type AccountKeys, parseAccountKeys } from '../core/accounts/keys.ts';
import type { ApiConfig } from './api.ts';
import { readSecret } from './credentials.ts';
import { ConfigError } from './load.ts';

export interface AccountSecrets {
  /** Undefined: nobody can log in. */
  readonly accountKeys: AccountKeys | undefined;
  readonly smtpPassword: string | undefined;
}

/** Throws ConfigError, without the secrets in it. */
export function readAccountSecrets(
  { accounts, mail }: ApiConfig,
  configFile: string,
  env: NodeJS.ProcessEnv = process.env,
): AccountSecrets {
  const text = readSecret(
    { credential: 'account-keys', key: 'accounts.keys_file', file: accounts.keys_file },
    configFile,
    env,
  );
  const smtpPassword = readSecret(
    { credential: 'smtp-password', key: 'mail.password_file', file: mail.password_file },
    configFile,
    env,
  );
  return {
    accountKeys: text === undefined ? undefined : accountKeysOf(text, configFile),
    smtpPassword,
  };
}

function accountKeysOf(text: string, configFile: string): AccountKeys {
  const check = parseAccountKeys(text);
  if (check.kind === 'ok') return check.keys;
  throw new ConfigError(
    configFile,
    'accounts.keys_file, or the credential account-keys',
    `expected ${check.expected}`,
  );
}
