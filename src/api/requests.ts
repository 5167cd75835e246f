/** What every family asks of a request in the same way, beside its path, headers and body. */
import type { Context } from 'koa';

export interface Requests {
  /** In milliseconds since 1970. Read once a request: its parts must agree. */
  nowMs(): number;
  /** Who asks. For use while the answer is made: never in a log, on disk or in the database. */
  clientAddress(ctx: Context): string;
}

export function makeRequests(nowMs: () => number = Date.now): Requests {
  return {
    nowMs,
    clientAddress: (ctx) => ctx.req.socket.remoteAddress ?? '',
  };
}
