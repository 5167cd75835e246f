/** The keys of probes' tokens, from their credential or file. */
import { parseTokenKeys, TOKEN_KEYS_EXPECTED } from '../core/probe/tokens.ts';
import type { ApiConfig } from './api.ts';
import { readSecret } from './credentials.ts';
import { ConfigError } from './load.ts';

/** undefined: none are set, and the host makes one itself. Throws ConfigError, without the keys in it. */
export function readProbeTokenKeys(
  config: ApiConfig,
  configFile: string,
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] | undefined {
  const key = 'probe_token_keys_file';
  const text = readSecret(
    { credential: 'probe-token-keys', key, file: config.probe_token_keys_file },
    configFile,
    env,
  );
  if (text === undefined) return undefined;
  const keys = parseTokenKeys(text);
  if (keys === undefined)
    throw new ConfigError(
      configFile,
      `${key}, or the credential probe-token-keys`,
      `expected ${TOKEN_KEYS_EXPECTED}`,
    );
  return keys;
}
