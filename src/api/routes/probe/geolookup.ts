/** POST /api/v1/geolookup (protocol, probes 3.16). */
import { geolookup } from '../../../core/probe/geolookup.ts';
import type { Locate } from '../../../core/probe/location.ts';
import { sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export function geolookupRoute(parts: {
  readonly locate: Locate;
  readonly bodies: JsonBodies;
}): RouteFamily {
  return (router) => {
    router.post('/api/v1/geolookup', async (ctx) => {
      const body = await parts.bodies.read(ctx);
      if (body === undefined) return;
      const found = geolookup(body, parts.locate);
      if (found.kind === 'invalid') return sendIssues(ctx, found.issues);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, found.answer);
    });
  };
}
