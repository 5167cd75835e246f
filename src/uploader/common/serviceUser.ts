/** Whose the uploader's folders are: the user of its service, who must be able to use what is made there. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploaderConfig } from '../../config/uploader.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who owns the state folder, or else the spool's folder of cans; undefined where neither is there. */
export async function serviceOwner(config: UploaderConfig): Promise<Owner | undefined> {
  for (const folder of [config.state_dir, join(config.spool_dir, 'outgoing')]) {
    const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found !== undefined) return { uid: found.uid, gid: found.gid };
  }
  return undefined;
}

/**
 * Root may write anywhere, and the service could not read or replace what it left. Throws FatalError
 * where the folders are another's.
 */
export async function refuseRoot(config: UploaderConfig): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const owner = await serviceOwner(config);
  if (owner === undefined || owner.uid === 0) return;
  throw new FatalError(
    `root would leave files in ${config.state_dir} and ${config.spool_dir} that the service cannot use: say ooni-exec before ooni-uploader, which runs it as the service's user`,
    EXIT.usage,
  );
}
