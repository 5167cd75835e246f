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
  const fromSystemd = credential(source.credential, configFile, env.CREDENTIALS_DIRECTORY);
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

/** Undefined when systemd passed none of that name. One that cannot be read is a fault, not an absence. */
function credential(
  name: string,
  configFile: string,
  folder: string | undefined,
): string | undefined {
  if (!folder) return undefined;
  try {
    return withoutLineEnd(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(
      configFile,
      `credential ${name}`,
      `expected a readable file, found ${(error as Error).message}`,
    );
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function tryRead(file: string): string | undefined {
  try {
    return withoutLineEnd(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/** Parses the lines `access_key_id=…`, `secret_access_key=…` and, where there is one, `session_token=…`. Throws ConfigError without echoing them. */
export function parseS3Credentials(text: string, configFile: string): S3Credentials {
  const value = (key: string) =>
    new RegExp(`^\\s*(?:aws_)?${key}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  const accessKeyId = value('access_key_id');
  const secretAccessKey = value('secret_access_key');
  const sessionToken = value('session_token');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new ConfigError(
      configFile,
      's3.credentials_file',
      'expected the lines access_key_id=… and secret_access_key=…',
    );
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
