/** The spool as a program opens it at its start. */
import { openSpool, type Spool } from '../edge/spool/spool.ts';
import { FatalError } from './cli.ts';
import { EXIT } from './exitCodes.ts';

/** Opens the spool. Throws FatalError when this user cannot use it. */
export async function openSpoolAtStart(dir: string, quarantineMaxBytes?: number): Promise<Spool> {
  try {
    return await openSpool(dir, quarantineMaxBytes);
  } catch (error) {
    throw new FatalError(`cannot use the spool ${dir}: let this user write there`, EXIT.io, {
      cause: error,
    });
  }
}
