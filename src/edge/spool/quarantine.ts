/**
 * `quarantine/`: what could not be parsed or scored, each with its reason beside it.
 *
 * Two users write here, often about the same measurement, and neither may open a file of the other
 * for writing or, where the kernel protects hard links, link to a file of ooni-api. So every file is
 * written under a name of its own and then renamed over what is there; all steps can be repeated.
 */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, unlinkIfThere } from './files.ts';

export interface Quarantine {
  /** Says why: first of all, so that nothing is ever here without a reason. */
  reason(name: string, reason: string): Promise<void>;
  has(name: string): Promise<boolean>;
  forgetReason(name: string): Promise<void>;
  /** Moves a file here, away from where it was. */
  moveIn(file: string, name: string): Promise<void>;
  /** Keeps a copy of a file here. */
  copyIn(file: string, name: string): Promise<void>;
}

export function openQuarantine(spoolDir: string): Quarantine {
  const dir = join(spoolDir, 'quarantine');
  const put = async (name: string, bytes: Uint8Array | string) => {
    const temporary = join(dir, `.${name}.${process.getuid?.()}.tmp`);
    await writeFile(temporary, bytes, { mode: 0o640 });
    await rename(temporary, join(dir, name));
  };
  return {
    reason: (name, reason) => put(`${name}.reason`, `${reason}\n`),
    has: (name) =>
      stat(join(dir, name)).then(
        () => true,
        (error) => {
          if (isMissing(error)) return false;
          throw error;
        },
      ),
    forgetReason: (name) => unlinkIfThere(join(dir, `${name}.reason`)),
    moveIn: (file, name) => rename(file, join(dir, name)),
    copyIn: async (file, name) => put(name, await readFile(file)),
  };
}
