/** A server in a process of its own that tests start, kill as a power cut would, and start again. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildServer {
  readonly pid: number;
  /** Starts it and waits until it answers. */
  start(): Promise<void>;
  /** kill -9; its data stays. */
  kill(): Promise<void>;
}

const ANSWER_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 100;

export function childServer(options: {
  readonly name: string;
  readonly spawn: () => ChildProcess;
  /** Any answer at this address means that it is up. */
  readonly url: string;
  readonly logFile: string;
}): ChildServer {
  let child: ChildProcess;
  return {
    get pid() {
      return child.pid!;
    },
    async start() {
      child = options.spawn();
      for (let waitedMs = 0; waitedMs < ANSWER_WITHIN_MS; waitedMs += ASK_EVERY_MS) {
        if (child.exitCode !== null)
          throw new Error(`${options.name} ended at start: see ${options.logFile}`);
        try {
          await fetch(options.url);
          return;
        } catch {
          await sleep(ASK_EVERY_MS);
        }
      }
      throw new Error(`${options.name} did not answer: see ${options.logFile}`);
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
