/** All families of routes on one Koa application. */
import Router from '@koa/router';
import Koa from 'koa';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import { cors } from '../edge/http/cors.ts';
import { lookUpExactPaths } from '../edge/http/exactRoutes.ts';
import { catchErrors, routeName, unmatched } from '../edge/http/fallbacks.ts';
import { errorText, type Log } from '../log/log.ts';
import type { ApiMetrics } from './apiMetrics.ts';
import { answerQueryErrors } from './database.ts';
import type { RouteFamily } from './routeFamily.ts';
import { isTrustedOrigin } from './trustedOrigins.ts';

export interface AppParts {
  readonly families: readonly RouteFamily[];
  /** Stands before all routes, behind what every answer gets. */
  readonly limit?: Koa.Middleware | undefined;
  readonly log: Log;
  readonly metrics: ApiMetrics;
}

export function makeApp({ families, limit, log, metrics }: AppParts): Koa {
  const router = new Router({ strict: true, sensitive: true });
  for (const addRoutes of families) addRoutes(router);
  lookUpExactPaths(router);

  const app = new Koa();
  // What Koa reports itself: an answer that broke off, usually because the client had gone.
  app.silent = true;
  app.on('error', (error) => log.debug('answer broke off', { error: errorText(error) }));
  app.use(measure(metrics));
  app.use(cors(isTrustedOrigin));
  app.use(catchErrors(log));
  if (limit !== undefined) app.use(limit);
  app.use(answerQueryErrors(log));
  app.use(router.routes());
  app.use(unmatched(router));
  return app;
}

/** As nginx counts a client that left before its answer began: what was to come is not known. */
const CLIENT_GONE = 499;

function measure(metrics: ApiMetrics): Koa.Middleware {
  return async (ctx, next) => {
    const startMs = performance.now();
    onAnswerEnd(ctx.res, (complete) => {
      const route = routeName(ctx);
      const status = String(complete || ctx.res.headersSent ? ctx.res.statusCode : CLIENT_GONE);
      metrics.requests.inc({ route, method: ctx.method, status });
      metrics.requestSeconds.observe({ route }, (performance.now() - startMs) / 1000);
    });
    await next();
  };
}
