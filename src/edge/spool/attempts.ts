/**
 * `pending/<uid>.try`: a byte for each time that the scoring of a large measurement began and did not
 * end. A process that a measurement kills, for want of memory say, can tell nobody; its next start
 * finds this. Synchronous, for scoring threads.
 */
import { appendFileSync, statSync, unlinkSync } from 'node:fs';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';

const ATTEMPT_SUFFIX = '.try';

/** The attempts file beside a pending measurement. */
export function attemptsFile(pendingFile: string): string {
  return pendingFile.slice(0, -POST_SUFFIX.length) + ATTEMPT_SUFFIX;
}

/** Attempts that were begun before. Throws when the disk does not say. */
export function attemptsBefore(pendingFile: string): number {
  return statSync(attemptsFile(pendingFile), { throwIfNoEntry: false })?.size ?? 0;
}

export function beginAttempt(pendingFile: string): void {
  // Not synced: it must outlive the process, not the host.
  appendFileSync(attemptsFile(pendingFile), '.', { mode: 0o640 });
}

/** Never throws: an attempt too many in the count is better than a measurement lost to it. */
export function forgetAttempts(pendingFile: string): void {
  try {
    unlinkSync(attemptsFile(pendingFile));
  } catch {}
}
