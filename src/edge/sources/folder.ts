/** Files of a folder on this host. */
import { type FileHandle, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceFile } from '../../core/sources/job.ts';
import { isMissing } from '../../disk/missing.ts';
import { openRegularFile, readAll } from '../../disk/regularFile.ts';
import { SourceError } from './sourceError.ts';
import type { Wanted } from './unpack.ts';

/** A folder with more than this is not meant. */
const MAX_ENTRIES = 200_000;

/** `wanted.files` by their names; else what is wanted of all that is below it, without its links. */
export async function readFolder(
  folder: string,
  wanted: Wanted,
  maxBytes: number,
): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  let room = maxBytes;
  for (const name of await wantedNames(folder, wanted)) {
    const bytes = await readWhole(join(folder, name), room);
    if (bytes === undefined) continue;
    room -= bytes.length;
    files.push({ name, bytes });
  }
  return files;
}

async function wantedNames(folder: string, { files, wants }: Wanted): Promise<readonly string[]> {
  // A single one may have any name: it is looked for.
  if (files !== undefined && files.length > 1) return files;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  if (entries.length > MAX_ENTRIES)
    throw new SourceError(`${folder} holds more than ${MAX_ENTRIES} files`);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('.git/') && wants(name))
    .sort();
}

/** Undefined when there is none. Throws for what is no file, and for one that is larger than the bound. */
export async function readWhole(file: string, maxBytes: number): Promise<Buffer | undefined> {
  let handle: FileHandle;
  try {
    handle = await openRegularFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw new SourceError(`${file} holds more than ${maxBytes} bytes`);
    return await readAll(handle, file, size);
  } finally {
    await handle.close();
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}
