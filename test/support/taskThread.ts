/** A thread of the pool that does what the name of a measurement says, or its input where `readsInput`. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isMissing } from '../../src/disk/missing.ts';
import { serveTasks } from '../../src/fastpath/taskLoop.ts';

export interface TaskThreadData {
  /** What each is answered with, `{ kind: 'gone' }` by default. */
  readonly result?: object;
  readonly readsInput?: boolean;
}

const { result = { kind: 'gone' }, readsInput } = workerData as TaskThreadData;
/** Fingerprints of the set in use, which answers name as their size. */
let known = 0;

/** Undefined when it is gone: a sweep may offer what has left since it read the folder. */
function inputOf(file: string): string | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).content.input;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

serveTasks<{ readonly uid: string; readonly file: string }, object>({
  port: parentPort!,
  onFingerprints({ dns }) {
    known = dns.length;
  },
  work({ uid, file }, began) {
    const says = readsInput ? inputOf(file) : uid;
    if (says === undefined) return { uid, scoringMs: 0, sizeBytes: 0, result: { kind: 'gone' } };
    if (says.startsWith('disk')) wait(700);
    began();
    // Nothing interrupts a thread that waits for a process: until the named file is gone.
    if (says.startsWith('stuck'))
      spawnSync('sh', ['-c', 'while [ -e "$0" ]; do sleep 0.05; done', says.slice(6)]);
    if (says.startsWith('slow')) wait(2_700);
    if (says.startsWith('loop')) for (;;);
    if (says.startsWith('crash')) throw new Error('out of order');
    if (says.startsWith('exit')) process.exit(3);
    if (says.startsWith('memory')) {
      const all: unknown[] = [];
      for (;;) all.push(new Array(1e5).fill(all.length));
    }
    const answer = { uid, scoringMs: 0, sizeBytes: known, result };
    return says.startsWith('answer') ? { ...answer, unsendable: () => 0 } : answer;
  },
  bytesOf: () => 0,
});

function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
