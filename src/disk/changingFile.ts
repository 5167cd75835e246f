/** A file that is read again only when it has become another one. */
import type { FileHandle } from 'node:fs/promises';
import { isMissing } from './missing.ts';
import { openRegularFile, readAll } from './regularFile.ts';

export interface ChangingFile<Value> {
  /**
   * What the file holds now; the same value as before while the file is the same, undefined when there is
   * none. Throws when it cannot be read, is larger than its bound, or cannot be parsed.
   */
  read(): Promise<Value | undefined>;
}

/** `parse` throws with a reason that may be logged; it is told when the file was changed, in ms since 1970. */
export function openChangingFile<Value>(
  path: string,
  maxBytes: number,
  parse: (bytes: Buffer, changedMs: number) => Value,
): ChangingFile<Value> {
  let last: { readonly version: string; readonly value: Value } | undefined;
  return {
    async read() {
      let file: FileHandle;
      try {
        file = await openRegularFile(path);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      try {
        const stat = await file.stat();
        const version = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs}`;
        if (last?.version === version) return last.value;
        if (stat.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
        const value = parse(await readAll(file, path, stat.size), stat.mtimeMs);
        last = { version, value };
        return value;
      } finally {
        await file.close();
      }
    },
  };
}
