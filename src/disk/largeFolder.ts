/**
 * Removing a folder of any number of entries. `rm` of node:fs reads all their names and asks for the removal of all at
 * once, which takes two kilobytes of memory for each.
 */
import { lstat, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, unlinkIfThere } from './missing.ts';

const AT_ONCE = 64;

/** Fine when it is gone already, be it meanwhile. Links are removed, not followed, also in the place of the folder. */
export async function removeLargeFolder(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isDirectory()) await removeFiles(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  // Folders in it, and what came to it meanwhile.
  await rm(path, { recursive: true, force: true });
}

async function removeFiles(folder: string): Promise<void> {
  let names: string[] = [];
  const removeRead = async () => {
    await Promise.all(names.map((name) => unlinkIfThere(join(folder, name))));
    names = [];
  };
  for await (const entry of await opendir(folder, { bufferSize: AT_ONCE })) {
    if (entry.isDirectory()) continue;
    names.push(entry.name);
    if (names.length === AT_ONCE) await removeRead();
  }
  await removeRead();
}
