/** `ooni-uploader keygen`: makes the key that signs a host's log, before its first run. */
import { isOrigin } from '../../core/archive/note.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import type { Owner } from '../common/serviceUser.ts';
import { createLogKey } from '../tlog/tlogKey.ts';

/**
 * Writes the private key to a new file, and the public one to `write`. `owner` is who is to read it, when
 * that is not who asks for it.
 */
export async function keygenCommand(
  file: string,
  origin: string,
  write: (line: string) => void,
  owner?: Owner,
): Promise<void> {
  if (!isOrigin(origin))
    throw new FatalError(
      '--origin: expected a name without blanks and "+", like "archive.example.org/n1"',
      EXIT.usage,
    );
  try {
    const { verifier } = await createLogKey(file, origin, owner);
    write(verifier.text);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new FatalError(
      exists
        ? `${file} is there already: a key is never replaced`
        : `cannot write the key to ${file}`,
      exists ? EXIT.usage : EXIT.io,
      { cause: error },
    );
  }
}
