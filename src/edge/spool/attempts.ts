/**
 * `pending/<uid>.try`: a byte for each time that the scoring of a large measurement began and did not
 * end. A process that a measurement kills, for want of memory say, can tell nobody; its next start
 * finds this. Synchronous, for scoring threads.
 */
import { closeSync, constants, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { isMissing } from '../../disk/missing.ts';
import { type Folder, Foreign, SPOOL_FILE_MODE } from './doors.ts';

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

const ATTEMPT_SUFFIX = '.try';

/** The attempts file beside a pending measurement. */
export function attemptsFile(pendingFile: string): string {
  return pendingFile.slice(0, -POST_SUFFIX.length) + ATTEMPT_SUFFIX;
}

/** Attempts that were begun before. `name`: of the measurement. Throws Foreign, or what the disk says. */
export function attemptsBefore(pending: Folder, name: string): number {
  try {
    return withAttempts(pending, name, O_RDONLY, (_fd, sizeBytes) => sizeBytes);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** Throws Foreign, or what the disk says. */
export function beginAttempt(pending: Folder, name: string): void {
  // Not synced: it must outlive the process, not the host.
  withAttempts(pending, name, O_WRONLY | O_APPEND | O_CREAT, (fd) => writeSync(fd, '.'));
}

/** Never throws: an attempt too many in the count is better than a measurement lost to it. */
export function forgetAttempts(pendingFile: string): void {
  try {
    unlinkSync(attemptsFile(pendingFile));
  } catch {}
}

/** Others may write into pending/: only a file of this user's own, under no other name, is written to. */
function withAttempts<Result>(
  pending: Folder,
  name: string,
  flags: number,
  work: (fd: number, sizeBytes: number) => Result,
): Result {
  const attempts = attemptsFile(name);
  const foreign = () => new Foreign(`${pending.path}/${attempts} is not a file of this user's own`);
  let fd: number;
  try {
    fd = openSync(pending.at(attempts), flags | O_NOFOLLOW | O_NONBLOCK, SPOOL_FILE_MODE);
  } catch (error) {
    const found = pending.look(attempts);
    throw found === undefined || found.isFile() ? error : foreign();
  }
  try {
    const found = fstatSync(fd);
    if (!found.isFile() || found.nlink !== 1 || found.uid !== process.geteuid?.()) throw foreign();
    return work(fd, found.size);
  } finally {
    closeSync(fd);
  }
}
