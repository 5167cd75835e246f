/**
 * One uploader at a time on a spool.
 *
 * The kernel's lock (flock(2)) on an open file: it ends with the process, however that ends, and
 * needs no guess whether a pid is still the same program. Node cannot take it, so flock(1) of
 * util-linux (essential in Debian) takes it on our descriptor: the lock belongs to the open file,
 * which stays open here when flock(1) has left.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
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
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    const name = `:${(await handle.stat()).ino} `;
    // 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
    const locks = (await readFile('/proc/locks', 'utf8')).split('\n');
    const candidates = locks.filter((line) => line.includes('FLOCK') && line.includes(name));
    if (candidates.length === 0) return false;
    const held = ` ${await deviceOf(handle.fd)}${name}`;
    return candidates.some((line) => line.includes(held));
  } finally {
    await handle.close();
  }
}

/**
 * The device of an open file as /proc/locks writes it: that of the file system, which stat() does not
 * tell where a file system shows several (btrfs).
 */
async function deviceOf(fd: number): Promise<string | undefined> {
  const mount = /^mnt_id:\s*(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  // 36 35 98:0 / /mnt …
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const device = mounts.find((line) => line.startsWith(`${mount} `))?.split(' ')[2];
  return device
    ?.split(':')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':');
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
