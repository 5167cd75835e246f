/** All that the spool holds of one measurement, for its removal (docs/archive.md). */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { incomingPath, POST_SUFFIX, pendingPath } from '../../core/measurement/spoolPaths.ts';
import { attemptsFile } from './attempts.ts';
import { makeDirectorySync } from './directorySync.ts';
import { isMissing, unlinkIfThere } from './files.ts';

export interface SpoolCopies {
  /** Paths, relative to the spool, of the files that are there. */
  of(uid: MeasurementUid): Promise<string[]>;
  /** Deletes them; they are gone from disk when this resolves. Gives what was there. */
  remove(uid: MeasurementUid): Promise<string[]>;
}

export function openSpoolCopies(spoolDir: string): SpoolCopies {
  const directories = makeDirectorySync();
  const of = async (uid: MeasurementUid): Promise<string[]> => {
    const there: string[] = [];
    for (const path of pathsOf(uid)) if (await isThere(join(spoolDir, path))) there.push(path);
    return there;
  };
  return {
    of,
    async remove(uid) {
      const there = await of(uid);
      for (const path of there) {
        await unlinkIfThere(join(spoolDir, path));
        await directories.sync(dirname(join(spoolDir, path)));
      }
      return there;
    },
  };
}

function pathsOf(uid: MeasurementUid): string[] {
  // Waiting to be scored first: the scorer must not take it up meanwhile.
  return [
    pendingPath(uid.text),
    attemptsFile(pendingPath(uid.text)),
    incomingPath(uid),
    `quarantine/${uid.text}${POST_SUFFIX}`,
    `quarantine/${uid.text}.reason`,
  ];
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
}
