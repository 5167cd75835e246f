/** Programs that end themselves at a step (killable.ts, removable.ts), or are killed a moment after one. */
import { spawn } from 'node:child_process';

export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly steps: readonly string[];
  readonly errors: string;
}

/** `killAfter`: that many milliseconds after the program has said so many steps, 0 for its start. */
export function runToEnd(
  program: string,
  args: readonly string[],
  killAfter?: { readonly steps: number; readonly ms: number },
): Promise<Ended> {
  // Without what the test runner has every process of a test load before.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let output = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  const kill = () => child.kill('SIGKILL');
  const look = () => {
    if (killAfter !== undefined && output.split('\n').length > killAfter.steps)
      timer ??= setTimeout(kill, killAfter.ms);
  };
  child.stdout.on('data', (text) => {
    output += text;
    look();
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  look();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, steps: output.split('\n').filter((line) => /^[a-z-]+$/.test(line)), errors });
    });
  });
}
