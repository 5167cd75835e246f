/** The private key that signs this host's log. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSecret } from '../../config/credentials.ts';
import { ConfigError } from '../../config/load.ts';
import type { UploaderConfig } from '../../config/uploader.ts';
import { encodePrivateKey, type NoteSigner, parsePrivateKey } from '../../core/archive/note.ts';
import { createSecret } from '../../disk/durable.ts';
import type { Owner } from '../common/serviceUser.ts';

export interface LogKeySource {
  readonly file: string;
  /** The key, or undefined when there is none yet. Throws ConfigError for an unusable one. */
  read(): NoteSigner | undefined;
}

/** Where the config says that the key is. */
export function logKeySource(config: UploaderConfig, configFile: string): LogKeySource {
  const byDefault = join(config.state_dir, 'log-key');
  const file = config.log_key_file ?? byDefault;
  return {
    file,
    read() {
      const text = readSecret(
        {
          credential: 'log-key',
          key: 'log_key_file',
          // A key that is named must be there; the default one is made when it is not.
          file: config.log_key_file ?? (existsSync(byDefault) ? byDefault : undefined),
        },
        configFile,
      );
      if (text === undefined) return undefined;
      const signer = parsePrivateKey(text);
      if (signer !== undefined) {
        const { name } = signer.verifier;
        if (config.log_origin === undefined || config.log_origin === name) return signer;
        throw new ConfigError(
          configFile,
          'log_origin',
          `expected the name in the log's key, which never changes: "${name}", found "${config.log_origin}"`,
        );
      }
      throw new ConfigError(
        configFile,
        'log_key_file',
        'expected a key as ooni-uploader keygen makes it',
      );
    },
  };
}

/** The name of this host's log, for its key. */
export function originOf(config: UploaderConfig): string {
  return config.log_origin ?? `ooni-archive/n${config.collector_id}`;
}

/**
 * Makes a key in a new file, readable by its owner alone: this user, or where root makes it for somebody
 * that one. Throws when the file exists.
 */
export async function createLogKey(
  file: string,
  origin: string,
  owner?: Owner,
): Promise<NoteSigner> {
  const text = encodePrivateKey(origin, randomBytes(32));
  await mkdir(dirname(file), { recursive: true });
  await createSecret(file, `${text}\n`, process.geteuid?.() === 0 ? owner : undefined);
  return parsePrivateKey(text)!;
}
