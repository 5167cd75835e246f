/**
 * Notes of what scoring threads are at: `<process>.<thread>` in a folder of this service's own holds the uids of the
 * list that the thread was given last. A process that ends without being stopped can tell nobody what it was at; the
 * next one finds this (docs/design/threads.md).
 *
 * A note need not outlive the host, and is not synced. One that cannot be written or removed holds nobody up, for it is
 * of use to the rare measurement alone that ends a process. Synchronous, for threads.
 */
import { openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import { isRunning, processTag } from './processTag.ts';

export interface WorkNote {
  /** Takes the place of what it said. Never throws. */
  say(uids: readonly string[]): void;
}

/** Of a thread of this process; made when it first has something to say. */
export function makeWorkNote(folder: string, threadId: number): WorkNote {
  let fd: number | undefined;
  let isTried = false;
  return {
    say(uids) {
      try {
        if (!isTried) {
          isTried = true;
          fd = openSync(noteFile(folder, threadId), 'w', 0o600);
        }
        // The empty line is its end: behind it may be what is left of a longer list.
        if (fd !== undefined) writeSync(fd, `${uids.join('\n')}\n\n`, 0);
      } catch {}
    },
  };
}

/** Of a thread of this process that has ended. Never throws. */
export function removeWorkNote(folder: string, threadId: number): void {
  remove(noteFile(folder, threadId));
}

export interface LeftWork {
  /** What processes were at that ended without being stopped. */
  readonly uids: readonly string[];
  /** To be called when it is known what of it ends a process. Never throws. */
  forget(): void;
}

/** Never throws: what cannot be read says nothing. */
export function readLeftWork(folder: string): LeftWork {
  const files = namesIn(folder)
    .filter((name) => NOTE.test(name) && !isRunning(name.split('.')[0]!))
    .map((name) => join(folder, name));
  return {
    uids: [...new Set(files.flatMap(uidsOf))],
    forget: () => files.splice(0).forEach(remove),
  };
}

const NOTE = /^\d{1,9}-\d+\.\d+$/;

function noteFile(folder: string, threadId: number): string {
  return join(folder, `${processTag()}.${threadId}`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function uidsOf(file: string): string[] {
  try {
    const [list = ''] = readFileSync(file, 'latin1').split('\n\n', 1);
    return list.split('\n').filter((uid) => parseMeasurementUid(uid) !== undefined);
  } catch {
    return [];
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}
