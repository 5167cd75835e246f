/**
 * Secrets: from systemd credentials (LoadCredential=, folder in $CREDENTIALS_DIRECTORY) or from
 * files of their own, never from the world-readable config.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './load.ts';

export interface SecretSource {
  /** Name of the systemd credential. */
  readonly credential: string;
  /** Config key that names the fallback file, for errors. */
  readonly key: string;
  readonly file: string | undefined;
}

/** The secret's text without trailing line end, or undefined when there is none. Throws ConfigError. */
export function readSecret(
  source: SecretSource,
  configFile: string,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const fromSystemd = env.CREDENTIALS_DIRECTORY
    ? tryRead(join(env.CREDENTIALS_DIRECTORY, source.credential))
    : undefined;
  if (fromSystemd !== undefined) return fromSystemd;
  if (source.file === undefined) return undefined;
  const fromFile = tryRead(source.file);
  if (fromFile === undefined)
    throw new ConfigError(
      configFile,
      source.key,
      `expected a readable file or the systemd credential ${source.credential}, found neither at ${source.file}`,
    );
  return fromFile;
}

function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Parses the `access_key_id=…`, `secret_access_key=…` lines. Throws ConfigError without echoing them. */
export function parseS3Credentials(text: string, configFile: string): S3Credentials {
  const value = (key: string) =>
    new RegExp(`^\\s*(?:aws_)?${key}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  const accessKeyId = value('access_key_id');
  const secretAccessKey = value('secret_access_key');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new ConfigError(
      configFile,
      's3.credentials_file',
      'expected the lines access_key_id=… and secret_access_key=…',
    );
  return { accessKeyId, secretAccessKey };
}
