/** A request and the answer to it, as far as most routes need them. Koa's context is one. */
import type { IncomingMessage } from 'node:http';

export interface Exchange {
  readonly req: IncomingMessage;
  status: number;
  /** The answer's: text, bytes. */
  body: unknown;
  /** A header of the answer, in the place of another of that name. */
  set(name: string, value: string): void;
}
