/** What happens when no route answers: 404, 405 with Allow, 307 for a slash too many, 500 for bugs. */
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { errorText, type Log } from '../../log/log.ts';
import { sendError } from './errorAnswers.ts';
import type { Exchange } from './exchange.ts';

/** Turns exceptions into a 500 without their text. Belongs outside of everything but CORS. */
export function catchErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // Koa's own refusals of a malformed request (a path that does not decode, say).
      const { status, expose } = error as { status?: number; expose?: boolean };
      if (expose === true && status !== undefined && status < 500) {
        sendError(ctx, status, (error as Error).message);
        return;
      }
      answerBug(ctx, error, { method: ctx.method, route: routeName(ctx) }, log);
    }
  };
}

/** An exception that nobody expected: its text is for the log alone. */
export function answerBug(
  exchange: Exchange,
  error: unknown,
  asked: { readonly method: string; readonly route: string },
  log: Log,
): void {
  log.err('a request failed: this is a bug, report it', {
    ...asked,
    error: errorText(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  sendError(exchange, 500, 'Internal Server Error');
}

/** Looked for where slashes begin, not at each of them: 15 KB of slashes before an `a` took 150 ms of processor time. */
export const SLASHES_AT_END = /(?<!\/)\/+$/;

/** Answers what the router left over. `router` tells which methods a path has. */
export function unmatched(router: Router): Middleware {
  const methodsOf = (path: string) => [
    ...new Set(router.match(path, '').path.flatMap((layer) => layer.methods)),
  ];
  return (ctx) => {
    const methods = methodsOf(ctx.path);
    if (methods.length > 0) {
      ctx.set('Allow', methods.sort().join(', '));
      sendError(ctx, 405, 'Method Not Allowed');
      return;
    }
    const slashless = ctx.path.replace(SLASHES_AT_END, '');
    if (slashless !== ctx.path && slashless !== '' && methodsOf(slashless).length > 0) {
      ctx.status = 307;
      ctx.set('Location', slashless + ctx.search);
      ctx.body = null;
      ctx.status = 307;
      return;
    }
    sendError(ctx, 404, 'Not Found');
  };
}

/** The route's pattern: bounded in number, unlike paths, and without anyone's data in it. */
export function routeName(ctx: Context): string {
  return String((ctx as unknown as { _matchedRoute?: string | RegExp })._matchedRoute ?? 'none');
}
