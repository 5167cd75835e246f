/** Operations (protocol, probes 3.19). */
import { sendJson } from '../../edge/http/errorAnswers.ts';
import type { Health } from '../health/health.ts';
import type { RouteFamily } from '../routeFamily.ts';

export interface OperationRouteParts {
  readonly health: Health;
  readonly version: string;
}

export function operationRoutes({ health, version }: OperationRouteParts): RouteFamily {
  return (router) => {
    const build = { version, build_label: null };

    router.get('/', (ctx) => sendJson(ctx, { msg: 'hello from ooniprobe' }));

    router.get('/version', (ctx) => sendJson(ctx, build));

    // For supervisors and proxies: this process answers, whatever it depends on.
    router.get('/live', (ctx) => sendJson(ctx, { status: 'ok' }));

    router.get('/health', async (ctx) => {
      const errors = await health.errors();
      const status = errors.length === 0 ? 'ok' : 'fail';
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { status, errors, ...build }, errors.length === 0 ? 200 : 503);
    });
  };
}
