/**
 * What one process does for all: forgetting old submissions, removing what a crash left and copies of
 * archive objects that are too old.
 */

import { isMissing } from '../../disk/missing.ts';
import { type Folder, Foreign, openSpoolFolder } from '../../edge/spool/doors.ts';
import { openSeen } from '../../edge/spool/seen.ts';
import { errorText, type Log } from '../../log/log.ts';
import { removeOldCopies } from '../bodies/cache.ts';

export interface Housekeeping {
  close(): void;
}

const CLEAN_EVERY_MS = 3_600_000;
/** A request writes its file in seconds: one that old belongs to a process that is gone. */
const STALE_MS = 3_600_000;

export function startHousekeeping(parts: {
  readonly spoolDir: string;
  readonly cacheDir: string;
  readonly log: Log;
}): Housekeeping {
  const { spoolDir, cacheDir, log } = parts;
  const seen = openSeen(spoolDir);
  const run = (what: string, step: () => Promise<unknown>) =>
    void step().catch((error) =>
      log.warning(`housekeeping: cannot ${what}`, { error: errorText(error) }),
    );
  const clean = () => {
    run('forget old submissions', () => seen.expire(Date.now()));
    run('remove unfinished files', async () => {
      const removed = await removeStaleTemporaries(spoolDir, Date.now());
      if (removed > 0) log.info('removed unfinished files, never answered with 200', { removed });
    });
    run('remove old copies of archive objects', () => removeOldCopies(cacheDir, Date.now()));
  };
  clean();
  const timer = setInterval(clean, CLEAN_EVERY_MS);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

/** Removes `.post.tmp` files older than an hour; returns how many. */
export async function removeStaleTemporaries(spoolDir: string, nowMs: number): Promise<number> {
  const incoming = openSpoolFolder(spoolDir, 'incoming');
  let removed = 0;
  try {
    for await (const { name } of incoming.entries()) {
      try {
        removed += await removeStaleIn(incoming, name, nowMs);
      } catch (error) {
        // Published and taken away meanwhile, or no folder: the uploader tells of that.
        if (!isMissing(error) && !(error instanceof Foreign)) throw error;
      }
    }
  } finally {
    incoming.close();
  }
  return removed;
}

async function removeStaleIn(incoming: Folder, name: string, nowMs: number): Promise<number> {
  const hour = incoming.into(name);
  let removed = 0;
  try {
    for await (const entry of hour.entries()) {
      if (!entry.name.endsWith('.post.tmp')) continue;
      const found = hour.look(entry.name);
      if (found === undefined || nowMs - found.mtimeMs < STALE_MS) continue;
      hour.unlink(entry.name);
      removed++;
    }
  } finally {
    hour.close();
  }
  return removed;
}
