/** Operations (contract, probe-services 3.19). */
import type Router from '@koa/router';
import { healthQuery } from '../../core/queries/health.ts';
import { sendJson } from '../../edge/http/errors.ts';
import { clientGone, type Database, QueryError } from '../database.ts';

export interface OperationRouteParts {
  readonly database: Database;
  readonly version: string;
}

/** Apps and supervisors ask; a database that takes longer for this is not healthy. */
const HEALTH_TIMEOUT_MS = 2_000;

export function addOperationRoutes(router: Router, { database, version }: OperationRouteParts) {
  const build = { version, build_label: null };

  router.get('/', (ctx) => sendJson(ctx, { msg: 'hello from ooniprobe' }));

  router.get('/version', (ctx) => sendJson(ctx, build));

  // For supervisors and proxies: this process answers, whatever it depends on.
  router.get('/live', (ctx) => sendJson(ctx, { status: 'ok' }));

  router.get('/health', async (ctx) => {
    const errors: string[] = [];
    try {
      const signal = AbortSignal.any([clientGone(ctx), AbortSignal.timeout(HEALTH_TIMEOUT_MS)]);
      await database.rows(healthQuery, signal);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      errors.push('clickhouse_error');
    }
    const status = errors.length === 0 ? 'ok' : 'fail';
    ctx.set('Cache-Control', 'no-cache');
    sendJson(ctx, { status, errors, ...build }, errors.length === 0 ? 200 : 503);
  });
}
