import type { Log } from '../log/log.ts';

/**
 * Ends a process whose threads all hang. By a signal, for process.exit() waits for its threads; what
 * is not confirmed is done again by the next process.
 */
export function endStuckProcess(log: Log): void {
  log.err(
    'no scoring thread can be stopped: ending the process, the measurements they are at are in quarantine; look at them there',
  );
  process.kill(process.pid, 'SIGKILL');
}
