/** When an answer has ended, whatever way it did. */
import type { ServerResponse } from 'node:http';
import { finished, type Stream } from 'node:stream';

/** What to call when a stream has ended. One listener each, however many wait for it. */
const waitingFor = new WeakMap<Stream, Set<() => void>>();

/**
 * Calls `ended` once, never before it returns, when nothing more of the answer will be sent: it was
 * handed over in whole (`complete`), or its connection has gone, be it before this call.
 */
export function onAnswerEnd(response: ServerResponse, ended: (complete: boolean) => void): void {
  // An answer that stands behind others on its connection (pipelining) has no socket yet; when that
  // closes, node tells such an answer nothing.
  const { socket } = response.req;
  const streams = [response, socket];
  let isOpen = true;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    for (const stream of streams) waitingFor.get(stream)?.delete(end);
    ended(response.writableFinished);
  };
  for (const stream of streams) waitOn(stream).add(end);
  if (socket.destroyed) process.nextTick(end);
}

function waitOn(stream: Stream & Parameters<typeof finished>[0]): Set<() => void> {
  let ends = waitingFor.get(stream);
  if (ends === undefined) {
    ends = new Set();
    waitingFor.set(stream, ends);
    const all = ends;
    finished(stream, () => {
      waitingFor.delete(stream);
      for (const end of [...all]) end();
    });
  }
  return ends;
}
