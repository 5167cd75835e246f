/**
 * fsync of folders with group commit: a rename or link is durable only after its folder was synced,
 * and one sync serves everybody who asked before it began.
 */
import { open } from 'node:fs/promises';

export interface DirectorySync {
  /** Resolves when all that happened in the folder before this call is on disk. */
  sync(directory: string): Promise<void>;
}

interface Queue {
  running: Promise<void>;
  /** Begins when `running` has ended; everybody who comes meanwhile shares it. */
  next: Promise<void> | undefined;
}

export function makeDirectorySync(
  syncNow: (directory: string) => Promise<void> = fsyncFolder,
): DirectorySync {
  const queues = new Map<string, Queue>();
  const start = (directory: string): Promise<void> => {
    const running = syncNow(directory);
    const queue: Queue = { running, next: undefined };
    queues.set(directory, queue);
    const done = () => {
      if (queues.get(directory) === queue && queue.next === undefined) queues.delete(directory);
    };
    running.then(done, done);
    return running;
  };
  return {
    sync(directory) {
      const queue = queues.get(directory);
      if (queue === undefined) return start(directory);
      // The running sync may have begun before our rename: wait for the one after it.
      queue.next ??= queue.running.then(
        () => start(directory),
        () => start(directory),
      );
      return queue.next;
    },
  };
}

async function fsyncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
