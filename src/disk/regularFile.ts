/**
 * Reading a file that others may have put there, whatever it is: a FIFO is not waited for, a device or a
 * file that grows is not read without end.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Links are followed. Throws for what is no regular file, and as `open` does. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  // Opening a FIFO that nobody writes to would hold up a thread for ever, and with it the end of the process.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${path} is no file`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** All of it; `size`: of its stat. Throws when it has become another size since. */
export async function readAll(handle: FileHandle, path: string, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length !== size) throw new Error(`${path} changes while it is read`);
  return bytes.subarray(0, size);
}
