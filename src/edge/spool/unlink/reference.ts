/** Unlinking by Node's own calls, one for each file: what unlink.c is held against, and what unlinks without it. */
import { join } from 'node:path';
import { unlinkIfThere } from '../../../disk/missing.ts';
import type { RefusedUnlink, Unlinker } from './unlinker.ts';

export function openReferenceUnlinker(): Unlinker {
  return {
    async unlink(folder, names) {
      const outcomes = await Promise.all(
        names.map((name) =>
          unlinkIfThere(join(folder, name)).then(
            () => [],
            (error): RefusedUnlink[] => [{ name, error }],
          ),
        ),
      );
      return outcomes.flat();
    },
  };
}
