/** When an answer has ended, whatever way it did. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What to call when one of them has closed. One listener each, however many wait for it. */
const waitingFor = new WeakMap<ServerResponse | Socket, Set<() => void>>();

/**
 * Calls `ended` once, never before it returns, when nothing more of the answer will be sent: it was
 * handed over in whole (`complete`), or its connection has gone, be it before this call.
 */
export function onAnswerEnd(response: ServerResponse, ended: (complete: boolean) => void): void {
  const { socket } = response.req;
  const waiting = waitersOf(response);
  // An answer that stands behind others on its connection (pipelining) has no socket yet; when that
  // closes, node tells such an answer nothing.
  const waitingToo = response.socket === null ? waitersOf(socket) : undefined;
  const end = () => {
    if (!waiting.delete(end)) return;
    waitingToo?.delete(end);
    ended(response.writableFinished);
  };
  waiting.add(end);
  waitingToo?.add(end);
  if (response.closed || socket.destroyed) process.nextTick(end);
}

function waitersOf(stream: ServerResponse | Socket): Set<() => void> {
  let waiters = waitingFor.get(stream);
  if (waiters === undefined) {
    waiters = new Set();
    waitingFor.set(stream, waiters);
    const all = waiters;
    const endAll = () => {
      for (const end of [...all]) end();
    };
    // What cannot be written closes too.
    stream.once('close', endAll).on('error', ignore);
  }
  return waiters;
}

function ignore(): void {}
