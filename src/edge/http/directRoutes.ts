/**
 * Routes whose ordinary requests are answered without Koa, which would take several times what they take
 * themselves. They stand on the router too, and it has all requests that are not ordinary: with an Origin
 * (cors.ts), a query, escapes in the path, another method. So the answers are the same on either way.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Router from '@koa/router';
import type { Log } from '../../log/log.ts';
import type { Exchange } from './exchange.ts';
import { answerBug } from './fallbacks.ts';

/** `parameter`: what the path has in the place of its pattern's; empty where it has none. */
export type DirectAnswer = (exchange: Exchange, parameter: string) => Promise<void> | void;

export interface DirectRoutes {
  /** `path`: a pattern of the router, with one parameter at most. */
  post(path: string, answer: DirectAnswer): void;
  /** Answers an ordinary request of these routes. false: it is none, and nothing was done. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

interface DirectRoute {
  readonly path: string;
  readonly answer: DirectAnswer;
}

/** Letters that stand for themselves in a path, and in no pattern for another. */
const PARAMETER = '([A-Za-z0-9_]+)';

/** `began`: called with each request before its answer is made, and with its route. */
export function makeDirectRoutes(
  router: Router,
  log: Log,
  began: (response: ServerResponse, route: string) => void,
): DirectRoutes {
  const exact = new Map<string, DirectRoute>();
  const patterns: (DirectRoute & { readonly pattern: RegExp })[] = [];

  const run = async (
    { path, answer }: DirectRoute,
    parameter: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    const exchange = makeExchange(request);
    began(response, path);
    try {
      await answer(exchange, parameter);
    } catch (error) {
      answerBug(exchange, error, { method: 'POST', route: path }, log);
    }
    exchange.send(response);
    const { errored } = request.socket;
    if (errored) log.debug('answer broke off', { error: errored.message });
  };

  return {
    post(path, answer) {
      const name = /:(\w+)/.exec(path)?.[1];
      router.post(path, (ctx) => answer(ctx, name === undefined ? '' : ctx.params[name]!));
      if (name === undefined) exact.set(path, { path, answer });
      else
        patterns.push({
          path,
          answer,
          pattern: RegExp(`^${path.replace(`:${name}`, PARAMETER)}$`),
        });
    },

    handle(request, response) {
      if (request.method !== 'POST' || request.headers.origin !== undefined) return false;
      const url = request.url!;
      const found = exact.get(url);
      if (found !== undefined) {
        void run(found, '', request, response);
        return true;
      }
      for (const route of patterns) {
        const parameter = route.pattern.exec(url)?.[1];
        if (parameter === undefined) continue;
        void run(route, parameter, request, response);
        return true;
      }
      return false;
    },
  };
}

/** What Koa's context is to most routes. */
function makeExchange(req: IncomingMessage) {
  // As cors.ts: what a browser elsewhere gets may differ.
  const headers = ['Vary', 'Origin'];
  return {
    req,
    status: 404,
    body: '' as unknown,
    set(name: string, value: string) {
      for (let at = 0; at < headers.length; at += 2) {
        if (headers[at] !== name) continue;
        headers[at + 1] = value;
        return;
      }
      headers.push(name, value);
    },
    send(response: ServerResponse) {
      const body = this.body as string | Buffer;
      headers.push('Content-Length', String(Buffer.byteLength(body)));
      response.writeHead(this.status, headers);
      response.end(body);
    },
  };
}
