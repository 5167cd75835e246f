/**
 * A thread's side of the pool: does lists of tasks one after the other, and answers for several at once,
 * since a message costs as much as a small measurement. What it is at is in shared memory (progress.ts).
 */
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';
import { makeProgress, type Phase, setProgress } from './progress.ts';
import type { FromWorker, ToWorker } from './scoringMessages.ts';

export interface TaskLoopParts<Work, Answer> {
  readonly port: {
    on(event: 'message', listener: (message: ToWorker<Work>) => void): unknown;
    postMessage(message: FromWorker<Answer>): void;
  };
  /** A list of tasks is begun. */
  readonly onTasks?: (tasks: readonly Work[]) => void;
  readonly onFingerprints: (tables: FingerprintTables) => void;
  /** Calls `began` when the measurement is read: its time runs from there. */
  readonly work: (task: Work, began: () => void) => Answer;
  /** What the answer takes in a message. */
  readonly bytesOf: (answer: Answer) => number;
  /** A list of tasks is done, or as much of it as is answered at once. */
  readonly onAnswer?: () => void;
}

/** What is held back for a message of its own: so much, and so long. */
const ANSWER_BYTES = 1_048_576;
const ANSWER_WITHIN_MS = 20;

/** Serves the main thread until it ends this one. */
export function serveTasks<Work, Answer>(parts: TaskLoopParts<Work, Answer>): void {
  const { port } = parts;
  const progress = makeProgress();
  /** Tasks that are done. */
  let task = 0;
  const enter = (phase: Phase) => setProgress(progress, { task, phase });
  const began = () => enter('scoring');

  const doAll = (tasks: readonly Work[]) => {
    parts.onTasks?.(tasks);
    let answers: Answer[] = [];
    let bytes = 0;
    let sinceMs = performance.now();
    for (const [index, given] of tasks.entries()) {
      const answer = parts.work(given, began);
      answers.push(answer);
      bytes += parts.bytesOf(answer);
      const isDue = bytes >= ANSWER_BYTES || performance.now() - sinceMs >= ANSWER_WITHIN_MS;
      if (isDue || index === tasks.length - 1) {
        enter('answering');
        parts.onAnswer?.();
        port.postMessage({ kind: 'scored', answers });
        answers = [];
        bytes = 0;
        sinceMs = performance.now();
      }
      task++;
      enter('reading');
    }
  };

  port.on('message', (message) => {
    if (message.kind === 'fingerprints') parts.onFingerprints(message);
    else doAll(message.tasks);
  });
  port.postMessage({ kind: 'ready', progress });
}
