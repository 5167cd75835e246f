/** All routes on one Koa application; what they need is given. */
import Router from '@koa/router';
import Koa from 'koa';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import { cors } from '../edge/http/cors.ts';
import { catchErrors, routeName, unmatched } from '../edge/http/fallbacks.ts';
import { errorText, type Log } from '../log/log.ts';
import type { ApiMetrics } from './apiMetrics.ts';
import { answerQueryErrors } from './database.ts';
import { addBodyRoutes, type BodyRouteParts } from './routes/data/bodyRoutes.ts';
import { addEndpointRoutes, type EndpointRouteParts } from './routes/data/endpointRoute.ts';
import { addProofRoutes, type ProofRouteParts } from './routes/data/proofRoutes.ts';
import { addSearchRoute, type SearchRouteParts } from './routes/data/searchRoute.ts';
import { addOperationRoutes, type OperationRouteParts } from './routes/operationRoutes.ts';
import { addReportRoutes, type ReportRouteParts } from './routes/submission/reports.ts';
import { addSubmitRoute } from './routes/submission/submit.ts';
import { isTrustedOrigin } from './trustedOrigins.ts';

export interface AppParts
  extends ReportRouteParts,
    SearchRouteParts,
    BodyRouteParts,
    EndpointRouteParts,
    ProofRouteParts,
    OperationRouteParts {
  readonly log: Log;
  readonly metrics: ApiMetrics;
}

export function makeApp(parts: AppParts): Koa {
  const router = new Router({ strict: true, sensitive: true });
  addReportRoutes(router, parts);
  addSubmitRoute(router, parts);
  addSearchRoute(router, parts);
  addBodyRoutes(router, parts);
  addEndpointRoutes(router, parts);
  addProofRoutes(router, parts);
  addOperationRoutes(router, parts);

  const app = new Koa();
  // What Koa reports itself: an answer that broke off, usually because the client had gone.
  app.silent = true;
  app.on('error', (error) => parts.log.debug('answer broke off', { error: errorText(error) }));
  app.use(measure(parts.metrics));
  app.use(cors(isTrustedOrigin));
  app.use(catchErrors(parts.log));
  app.use(answerQueryErrors(parts.log));
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
