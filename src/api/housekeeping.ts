/** What one process does for the spool: forgetting old submissions, removing what a crash left. */
import { opendir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openSeen } from '../edge/spool/seen.ts';
import { errorText, type Log } from '../log/log.ts';

export interface Housekeeping {
  close(): void;
}

const EXPIRE_EVERY_MS = 3_600_000;
/** A request writes its file in seconds: one that old belongs to a process that is gone. */
const STALE_MS = 3_600_000;

export function startHousekeeping(spoolDir: string, log: Log): Housekeeping {
  const seen = openSeen(spoolDir);
  const run = (what: string, step: () => Promise<unknown>) =>
    void step().catch((error) => log.warning(`cannot ${what}`, { error: errorText(error) }));
  const expire = () => run('forget old submissions', () => seen.expire(Date.now()));
  run('remove unfinished files', async () => {
    const removed = await removeStaleTemporaries(join(spoolDir, 'incoming'), Date.now());
    if (removed > 0) log.info('removed unfinished files, never answered with 200', { removed });
  });
  expire();
  const timer = setInterval(expire, EXPIRE_EVERY_MS);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

/** Removes `.post.tmp` files older than an hour; returns how many. */
export async function removeStaleTemporaries(incomingDir: string, nowMs: number): Promise<number> {
  let removed = 0;
  for await (const folder of await opendir(incomingDir)) {
    if (!folder.isDirectory()) continue;
    for await (const entry of await opendir(join(incomingDir, folder.name))) {
      if (!entry.name.endsWith('.post.tmp')) continue;
      const file = join(incomingDir, folder.name, entry.name);
      if (nowMs - (await stat(file)).mtimeMs < STALE_MS) continue;
      await unlink(file);
      removed++;
    }
  }
  return removed;
}
