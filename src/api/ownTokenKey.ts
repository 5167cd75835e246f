/**
 * The key that a host makes for itself when none is configured, so that probes get their tokens on a fresh
 * installation too. It is kept in the state folder, where all workers find the same.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseTokenKeys } from '../core/probe/tokens.ts';
import { createSecret } from '../disk/durable.ts';
import { isMissing } from '../disk/missing.ts';
import { errorText, type Log } from '../log/log.ts';

const KEY_BYTES = 32;

/** Where it cannot be kept, one for this process alone: a token costs a probe one more login. */
export async function ownTokenKey(stateDir: string, log: Log): Promise<readonly string[]> {
  const file = join(stateDir, 'probe-token-key');
  try {
    const keys = parseTokenKeys((await readIfThere(file)) ?? (await make(file)));
    if (keys !== undefined) return keys;
    throw new Error('it holds no key');
  } catch (error) {
    log.err(
      `cannot keep the key of probes' tokens in ${file}: they are good until the next restart alone, and not for other workers. Make the folder writable for this user, or set probe_token_keys_file`,
      { error: errorText(error) },
    );
    return [randomBytes(KEY_BYTES).toString('hex')];
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Several workers may make one at the same time: the first one's is everybody's. */
async function make(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  try {
    await createSecret(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(file, 'utf8');
}
