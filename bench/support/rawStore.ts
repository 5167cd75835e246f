/** What storing costs at least: files created, written, synced, renamed and linked, by nobody but this loop. */
import {
  closeSync,
  fdatasyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const LEAST_MS = 2_000;
const LEAST_FILES = 100;

/** Such files per second of processor time, in a folder of its own inside of `folder`. */
export function rawStoresPerCpuSecond(folder: string, body: Buffer): number {
  const dir = mkdtempSync(join(folder, 'raw-'));
  try {
    const startMs = performance.now();
    const before = process.cpuUsage();
    let count = 0;
    for (; count < LEAST_FILES || performance.now() - startMs < LEAST_MS; count++) {
      const [unnamed, named] = [join(dir, `${count}.tmp`), join(dir, `${count}.post`)];
      const fd = openSync(unnamed, 'wx', 0o640);
      writeSync(fd, body);
      fdatasyncSync(fd);
      closeSync(fd);
      renameSync(unnamed, named);
      linkSync(named, join(dir, `${count}.pending`));
    }
    const { user, system } = process.cpuUsage(before);
    return count / ((user + system) / 1e6);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
