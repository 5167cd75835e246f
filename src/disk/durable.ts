/** Writing files so that they are whole after a power cut: temp name, fsync, rename or link, fsync of the folder. */
import { randomBytes } from 'node:crypto';
import { link, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file as a whole. `folderToo`: durable on return; else after the next sync of its folder.
 * `content` may come in pieces, which are made while it is written. `mode`: exactly this one, whatever the process's umask is; without it, 0640 less the umask.
 */
export async function writeDurably(
  file: string,
  content: string | Iterable<string>,
  options: { readonly folderToo: boolean; readonly mode?: number } = { folderToo: true },
): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', options.mode ?? 0o640);
  try {
    if (options.mode !== undefined) await handle.chmod(options.mode);
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  if (options.folderToo) await syncFolder(dirname(file));
}

/**
 * Makes a file that nobody else may read, for `owner` where that is not this user: durable on return, and never there
 * without its content. Throws EEXIST where something has the name: of several at once, one makes it.
 */
export async function createSecret(
  file: string,
  content: string,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.writeFile(content);
    await handle.sync();
    await link(temporary, file);
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(file));
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
