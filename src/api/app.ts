/** All families of routes on one Koa application. */
import type { RequestListener, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import { cors } from '../edge/http/cors.ts';
import { makeDirectRoutes } from '../edge/http/directRoutes.ts';
import { lookUpExactPaths } from '../edge/http/exactRoutes.ts';
import { catchErrors, routeName, unmatched } from '../edge/http/fallbacks.ts';
import { errorText, type Log } from '../log/log.ts';
import type { ApiMetrics } from './apiMetrics.ts';
import { answerQueryErrors } from './database.ts';
import type { RouteFamily } from './routeFamily.ts';
import { isTrustedOrigin } from './trustedOrigins.ts';

export interface AppParts {
  readonly families: readonly RouteFamily[];
  /** Stands outside of all that may answer with a fault. */
  readonly faults?: Koa.Middleware | undefined;
  /** Stands before all routes, behind what every answer gets. */
  readonly limit?: Koa.Middleware | undefined;
  readonly log: Log;
  readonly metrics: ApiMetrics;
}

export interface App {
  readonly koa: Koa;
  /** Answers all requests, with Koa or without. */
  readonly handler: RequestListener;
}

export function makeApp({ families, faults, limit, log, metrics }: AppParts): App {
  const router = new Router({ strict: true, sensitive: true });
  const direct = makeDirectRoutes(router, log, (response, route) =>
    measureAnswer(metrics, response, 'POST', () => route),
  );
  for (const addRoutes of families) addRoutes(router, direct);
  lookUpExactPaths(router);

  const app = new Koa();
  // What Koa reports itself: an answer that broke off, usually because the client had gone.
  app.silent = true;
  app.on('error', (error) => log.debug('answer broke off', { error: errorText(error) }));
  app.use(measure(metrics));
  app.use(cors(isTrustedOrigin));
  if (faults !== undefined) app.use(faults);
  app.use(catchErrors(log));
  if (limit !== undefined) app.use(limit);
  app.use(answerQueryErrors(log));
  app.use(router.routes());
  app.use(unmatched(router));
  const others = app.callback();
  return {
    koa: app,
    handler(request, response) {
      if (!direct.handle(request, response)) void others(request, response);
    },
  };
}

/** As nginx counts a client that left before its answer began: what was to come is not known. */
const CLIENT_GONE = 499;

function measure(metrics: ApiMetrics): Koa.Middleware {
  return async (ctx, next) => {
    measureAnswer(metrics, ctx.res, ctx.method, () => routeName(ctx));
    await next();
  };
}

function measureAnswer(
  metrics: ApiMetrics,
  response: ServerResponse,
  method: string,
  routeOf: () => string,
): void {
  const startMs = performance.now();
  onAnswerEnd(response, (complete) => {
    const route = routeOf();
    const status = String(complete || response.headersSent ? response.statusCode : CLIENT_GONE);
    metrics.requests.inc({ route, method, status });
    metrics.requestSeconds.observe({ route }, (performance.now() - startMs) / 1000);
  });
}
