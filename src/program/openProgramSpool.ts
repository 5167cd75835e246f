/** The spool as a program opens it at its start. */
import { openSpool, type Spool } from '../edge/spool/spool.ts';
import type { Unlinker } from '../edge/spool/unlink/unlinker.ts';
import { FatalError } from './cli.ts';
import { EXIT } from './exitCodes.ts';

/** Opens the spool. Throws FatalError when this user cannot use it. */
export async function openSpoolAtStart(
  dir: string,
  quarantineMaxBytes?: number,
  unlinker?: Unlinker,
): Promise<Spool> {
  try {
    return await openSpool(dir, quarantineMaxBytes, unlinker);
  } catch (error) {
    throw new FatalError(`cannot use the spool ${dir}: let this user write there`, EXIT.io, {
      cause: error,
    });
  }
}
