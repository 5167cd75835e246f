/** Writing files so that they are whole after a power cut: temp name, fsync, rename, fsync of the folder. */
import { open, rename, writeFile } from 'node:fs/promises';
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

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
