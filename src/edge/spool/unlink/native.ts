/** Unlinking by the native module, in one call that runs whole in one thread of Node's pool (unlink.c); by Node without it. */
import { join } from 'node:path';
import { nativeDoors } from '../../../native/nativeModule.ts';
import { systemError } from '../../../native/systemError.ts';
import { openReferenceUnlinker } from './reference.ts';
import type { RefusedUnlink, Unlinker } from './unlinker.ts';

export interface UnlinkDoor {
  /**
   * `names`: of entries, each with a NUL behind it; one at least. Resolves with the number of errno(3) of each, 0 for those
   * that are gone. Throws a TypeError for other arguments.
   */
  unlink(folder: string, names: Uint8Array): Promise<Int32Array>;
}

/**
 * The native one, or the other where that cannot be used; `onFallback` is told why. `modulePath`: of another
 * module than the one of this program.
 */
export function openUnlinker(onFallback: (reason: string) => void, modulePath?: string): Unlinker {
  const native = nativeDoors<UnlinkDoor>(onFallback, modulePath);
  return native === undefined ? openReferenceUnlinker() : makeUnlinker(native);
}

function makeUnlinker(native: UnlinkDoor): Unlinker {
  return {
    async unlink(folder, names) {
      if (names.length === 0) return [];
      const errors = await native.unlink(folder, Buffer.from(`${names.join('\0')}\0`));
      const refused: RefusedUnlink[] = [];
      for (const [at, errno] of errors.entries()) {
        if (errno === 0) continue;
        const name = names[at]!;
        refused.push({ name, error: systemError(errno, 'unlink', join(folder, name)) });
      }
      return refused;
    },
  };
}
