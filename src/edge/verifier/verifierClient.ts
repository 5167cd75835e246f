/**
 * Asks an outside verifier of credentials, on its Unix socket. It can be away, hang or lie: a question then
 * has the answer `unusable` within its time, and nothing else happens.
 */
import { connect, type Socket } from 'node:net';
import {
  answerOf,
  type Question,
  questionLine,
  type VerifierAnswer,
} from '../../core/credentials/verifierMessages.ts';

export interface VerifierClient {
  /** Never rejects. */
  ask(question: Question): Promise<VerifierAnswer>;
  close(): void;
}

/** Questions that wait at once; more are unusable at once, so that a slow verifier holds up nobody. */
const MAX_WAITING = 256;
const MAX_UNREAD_BYTES = 16_777_216;
const MAX_LINE_CHARACTERS = 262_144;
/** After a connection that broke or could not be made, nobody waits for the next one. */
const RETRY_AFTER_MS = 1_000;

export function openVerifierClient(options: {
  readonly socketPath: string;
  readonly timeoutMs: number;
  /** Told of each question whose answer is unusable, with the reason. */
  readonly onFault: (reason: string) => void;
  readonly nowMs?: () => number;
}): VerifierClient {
  const { nowMs = () => performance.now() } = options;
  const waiting = new Map<number, (answer: VerifierAnswer) => void>();
  let socket: Socket | undefined;
  let lastId = 0;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  const settle = (id: number, answer: VerifierAnswer) => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(answer);
  };
  const fail = (id: number, reason: string) => {
    if (!waiting.has(id)) return;
    options.onFault(reason);
    settle(id, { kind: 'unusable' });
  };

  const open = (): Socket => {
    const opened = connect(options.socketPath);
    opened.unref();
    let text = '';
    let reason = 'it ended the connection';
    opened.setEncoding('utf8');
    opened.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!;
      for (const line of lines) {
        const found = answerOf(line);
        if (found === undefined) {
          reason = 'it sent a line that is no answer';
          opened.destroy();
          return;
        }
        if (found.answer.kind === 'unusable') fail(found.id, 'it has a fault of its own');
        else settle(found.id, found.answer);
      }
      if (text.length <= MAX_LINE_CHARACTERS) return;
      reason = 'it sent a line without end';
      opened.destroy();
    });
    opened.on('error', (error) => {
      reason = error.message;
    });
    opened.on('close', () => {
      if (socket === opened) socket = undefined;
      notBeforeMs = nowMs() + RETRY_AFTER_MS;
      // All that wait were asked on this connection: there is one at a time.
      for (const id of [...waiting.keys()]) fail(id, reason);
    });
    return opened;
  };

  return {
    ask(question) {
      return new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        if (closed) return fail(id, 'this program is stopping');
        if (waiting.size > MAX_WAITING) return fail(id, 'too many questions wait for it');
        if (socket === undefined && nowMs() < notBeforeMs)
          return fail(id, 'it could not be reached a moment ago');
        socket ??= open();
        const timer = setTimeout(() => fail(id, 'it did not answer in time'), options.timeoutMs);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        // It does not read: what nobody waits for any more must not pile up.
        if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
        else socket.write(questionLine(id, question));
      });
    },
    close() {
      closed = true;
      socket?.destroy();
    },
  };
}
