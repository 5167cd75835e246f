/**
 * Names a process by its number and start, so that what a process left on disk can be told from what
 * one is still at, also after its number was given again. Nothing of /proc but the processes is needed:
 * the services see no more of it. (After a boot another may have both by chance: see its use.)
 */
import { readFileSync } from 'node:fs';

/** `<pid>-<start in clock ticks since boot>`; undefined when no such process runs. */
export function processTag(pid: number = process.pid): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // proc_pid_stat(5): after the name, which may hold anything, the state is field 3, the start 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${pid}-${fields[19]}`;
}

/** Whether the process of this tag still runs. */
export function isRunning(tag: string): boolean {
  const pid = Number(/^(\d{1,9})-\d+$/.exec(tag)?.[1]);
  return Number.isSafeInteger(pid) && processTag(pid) === tag;
}
