/** What old probes ask for collectors and helpers (protocol, probes 3.8 and 3.9). */
import {
  type BouncerConfig,
  bounce,
  collectorList,
  type Service,
} from '../../../core/probe/bouncer.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export function bouncerRoutes(parts: {
  readonly collectors: readonly Service[];
  readonly bouncer: BouncerConfig;
  readonly bodies: JsonBodies;
}): RouteFamily {
  return (router) => {
    router.get('/api/v1/collectors', (ctx) => sendJson(ctx, collectorList(parts.collectors)));

    router.post('/bouncer/net-tests', async (ctx) => {
      const body = await parts.bodies.read(ctx);
      if (body === undefined) return;
      const bounced = bounce(body, parts.bouncer);
      if (bounced.kind === 'ok') {
        ctx.set('Cache-Control', 'no-cache');
        sendJson(ctx, bounced.answer);
      } else if (typeof bounced.detail === 'string') sendError(ctx, 400, bounced.detail);
      else sendIssues(ctx, bounced.detail, 400);
    });
  };
}
