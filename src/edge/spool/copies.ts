/** All that the spool holds of one measurement, for its removal (docs/archive.md). */
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { hourFolderName, POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { isMissing } from '../../disk/missing.ts';
import { attemptsFile } from './attempts.ts';
import { type Folder, openSpoolFolder } from './doors.ts';
import { KEPT_SUFFIX, REASON_SUFFIX } from './quarantine.ts';

export interface SpoolCopies {
  /** Paths, relative to the spool, of the files that are there. */
  of(uid: MeasurementUid): Promise<string[]>;
  /** Deletes them; they are gone from disk when this resolves. Gives what was there. */
  remove(uid: MeasurementUid): Promise<string[]>;
}

export function openSpoolCopies(spoolDir: string): SpoolCopies {
  /** Does something with each file that is there; gives their paths. */
  const forEach = async (
    uid: MeasurementUid,
    work: (folder: Folder, name: string) => unknown,
  ): Promise<string[]> => {
    const there: string[] = [];
    for (const [path, name] of placesOf(uid)) {
      const folder = openPath(spoolDir, path);
      if (folder === undefined) continue;
      try {
        if (folder.look(name) === undefined) continue;
        await work(folder, name);
        there.push([...path, name].join('/'));
      } finally {
        folder.close();
      }
    }
    return there;
  };
  return {
    of: (uid) => forEach(uid, () => {}),
    remove: (uid) =>
      forEach(uid, async (folder, name) => {
        folder.unlink(name);
        await folder.sync();
      }),
  };
}

type Path = readonly [Parameters<typeof openSpoolFolder>[1], ...string[]];

function placesOf(uid: MeasurementUid): [Path, string][] {
  const post = uid.text + POST_SUFFIX;
  return [
    // Waiting to be scored first: the scorer must not take it up meanwhile.
    [['pending'], post],
    [['pending'], attemptsFile(post)],
    [['incoming', hourFolderName(uid)], post],
    [['quarantine'], post],
    [['quarantine'], post + REASON_SUFFIX],
    [['quarantine'], uid.text + KEPT_SUFFIX],
    [['quarantine'], uid.text + REASON_SUFFIX],
  ];
}

/** Undefined when it is not there. */
function openPath(spoolDir: string, [first, ...rest]: Path): Folder | undefined {
  let folder: Folder | undefined;
  try {
    folder = openSpoolFolder(spoolDir, first);
    for (const name of rest) {
      const parent: Folder = folder;
      folder = parent.into(name);
      parent.close();
    }
    return folder;
  } catch (error) {
    folder?.close();
    if (isMissing(error)) return undefined;
    throw error;
  }
}
