/** An HTTP server that can be stopped without breaking a connection off. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Log } from '../../log/log.ts';
import { beginListening } from '../../log/serverFaults.ts';
import { onAnswerEnd } from './answerEnd.ts';

export interface HttpServer {
  readonly server: Server;
  /**
   * Stops accepting, answers what is in flight and what still comes in on open connections, and ends
   * the connections. After `timeoutMs` they are cut off; the number of those is returned.
   */
  stop(timeoutMs: number): Promise<number>;
}

/** Longer than nginx keeps an idle connection to us (60 s), so that it is nginx that ends it. */
const KEEP_ALIVE_MS = 75_000;
/** A connection on which nothing moves, such as one whose client takes no more of its answer. */
const SILENT_MS = 120_000;
/**
 * How often open connections without a request are looked at before they are ended: one may be on its way. Counted in
 * looks, not in time: what came while the process stood still is read, and answered.
 */
const LINGER_LOOKS = 25;
const LOOK_EVERY_MS = 20;

export type ListenAt =
  | { readonly host: string; readonly port: number }
  /** A socket that somebody else opened and keeps. Not for workers of node:cluster (see below). */
  | { readonly fd: number };

export async function serveHttp(
  handler: RequestListener,
  at: ListenAt,
  log: Log,
): Promise<HttpServer> {
  let stopping = false;
  const inFlight = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    inFlight.add(response);
    onAnswerEnd(response, () => inFlight.delete(response));
    if (stopping) response.shouldKeepAlive = false;
    handler(request, response);
  });
  server.timeout = SILENT_MS;
  // From a worker of node:cluster `{ fd }` would go to its primary, where that number is another file.
  await beginListening(server, 'clients', log, (done) => server.listen(at, done));
  return {
    server,
    async stop(timeoutMs) {
      stopping = true;
      // Clients shall open new connections, which the next process will accept.
      for (const response of inFlight) response.shouldKeepAlive = false;
      const deadlineMs = performance.now() + timeoutMs;
      const isDue = () => performance.now() >= deadlineMs;
      // Not http.Server.close(), which ends at once the connections whose request is on its way.
      const closed = new Promise<void>((resolve) =>
        NetServer.prototype.close.call(server, () => resolve()),
      );
      let open = true;
      void closed.then(() => {
        open = false;
      });
      for (let looks = 0; open && looks < LINGER_LOOKS && !isDue(); looks++) await nextLook();
      while (inFlight.size > 0 && !isDue()) await nextLook();
      server.closeIdleConnections();
      const cutOff = inFlight.size;
      server.closeAllConnections();
      await closed;
      return cutOff;
    },
  };
}

/** Resolves after a pause, when all that has come in by then was read. */
async function nextLook(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  await new Promise((resolve) => setImmediate(resolve));
}
