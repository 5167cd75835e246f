/** A small file system of its own for a test that needs another disk, or a full one. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface SmallDisk {
  /** Takes it away; fine when it is gone already. */
  unmount(): Promise<void>;
}

/**
 * Mounts a tmpfs over a folder; undefined where that is not allowed. It goes with this process however that
 * ends, SIGKILL too: a helper in a session of its own waits for the end of a pipe that only we hold.
 */
export async function mountSmallDisk(
  dir: string,
  options: readonly string[] = [],
): Promise<SmallDisk | undefined> {
  const keeper = spawn('sh', ['-c', 'cat; umount -l "$1"', 'sh', dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(keeper, 'exit');
  const unmount = async () => {
    keeper.stdin.end();
    await ended;
  };
  await once(keeper, 'spawn');
  try {
    execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    await unmount();
    return undefined;
  }
  return { unmount };
}
