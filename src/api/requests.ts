/** What every family asks of a request in the same way, beside its path, headers and body. */
import { makeClientAddress, type TrustedProxies } from '../edge/http/clientAddress.ts';
import type { Exchange } from '../edge/http/exchange.ts';

export interface Requests {
  /** In milliseconds since 1970. Read once a request: its parts must agree. */
  nowMs(): number;
  /**
   * Who asks: an IP address, or empty when it is not known. For use while the answer is made: never in a
   * log, on disk or in the database.
   */
  clientAddress(exchange: Pick<Exchange, 'req'>): string;
}

export function makeRequests(proxies: TrustedProxies, nowMs: () => number = Date.now): Requests {
  const addressOf = makeClientAddress(proxies);
  return {
    nowMs,
    clientAddress: ({ req }) => addressOf(req),
  };
}
