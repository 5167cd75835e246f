/**
 * One uploader at a time on a spool.
 *
 * The kernel's lock (flock(2)) on an open file: it ends with the process, however that ends, and
 * needs no guess whether a pid is still the same program. Node cannot take it, so flock(1) of
 * util-linux (essential in Debian) takes it on our descriptor: the lock belongs to the open file,
 * which stays open here when flock(1) has left.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How flock(1) -n says that somebody else has the lock. */
const HELD = 1;

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock, or gives undefined when another process has it. */
export async function takeLock(file: string): Promise<Lock | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a', 0o640);
  try {
    const code = await flock(handle.fd);
    if (code === 0) return { release: () => handle.close() };
    if (code !== HELD) throw new Error(`flock(1) ended with ${code} on ${file}`);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Does a process have the lock? Asks the kernel's list, so that nobody is kept out meanwhile. */
export async function lockIsHeld(file: string): Promise<boolean> {
  const { ino } = await stat(file).catch(() => ({ ino: undefined }));
  if (ino === undefined) return false;
  // 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
  const locks = (await readFile('/proc/locks', 'utf8')).split('\n');
  return locks.some((line) => line.includes('FLOCK') && line.includes(`:${ino} `));
}

function flock(fd: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    // The descriptor is number 3 in the child.
    const child = spawn('flock', ['--exclusive', '--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'inherit', fd],
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });
}
