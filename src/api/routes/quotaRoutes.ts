/** GET /api/_/quotas_summary (protocol, data 3.6): which clients have the least left, for admins. */
import { sendJson, sendUnavailable } from '../../edge/http/errorAnswers.ts';
import type { WorkerQuotas } from '../quotas/workerQuotas.ts';
import type { RouteFamily } from '../routeFamily.ts';
import type { Sessions } from '../sessions.ts';

const RETRY_AFTER_SECONDS = 30;

/** `quotas`: undefined where there are no limits; then nobody has little left. */
export function quotaRoutes(
  sessions: Sessions,
  quotas: Pick<WorkerQuotas, 'summary'> | undefined,
): RouteFamily {
  return (router) => {
    router.get('/api/_/quotas_summary', async (ctx) => {
      if ((await sessions.require(ctx, 'admin')) === undefined) return;
      const summary = quotas === undefined ? [] : await quotas.summary();
      if (summary === undefined)
        return sendUnavailable(ctx, 'The summary cannot be made now', RETRY_AFTER_SECONDS);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, summary);
    });
  };
}
